import DiskStorage
import Foundation
import Logging
import Pipeline
import Storage
import Telemetry
import Workload

/// A store in a temporary folder with what a small fleet of agents sent: real segments, really read.
final class TelemetryFixture: Sendable {
    static let sent: UInt64 = 1_700_000_000_000_000_000
    /// The clock of the process that answers.
    static let now = ClusterTime(nanoseconds: 1_700_000_060_000_000_000)

    /// The host whose load is stored.
    static let hostID = "host"

    let store: SegmentStore
    let traces: [TraceID]
    let services: [String]
    let spanCount: Int
    let logCount: Int
    private let folder: URL

    /// A path where nothing is, on the file system of the store; taken away with it.
    var backupFolder: String { self.folder.path + "-backup" }

    /// Opens the store and, unless it is to be empty, fills it.
    init(isEmpty: Bool = false) async throws {
        self.folder = FileManager.default.temporaryDirectory.appending(
            path: "neoscope-web-\(UUID().uuidString)"
        )
        self.store = try SegmentStore(
            directory: try DataDirectory(self.folder.path),
            options: StoreOptions(durability: .os, lowDiskBytes: 0),
            run: RunID(high: 1, low: 1),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { Self.now }
        )
        guard !isEmpty else {
            (self.traces, self.services, self.spanCount, self.logCount) = ([], [], 0, 0)
            return
        }
        var options = AgentScenarioOptions()
        options.services = 4
        options.operationsPerService = 3
        options.failuresPerMille = 200
        options.spansPerTrace = 5...20
        var scenario = try AgentScenario(options)
        var edge = Edge(
            options: EdgeOptions(),
            run: RunID(high: 2, low: 2),
            at: ClusterTime(nanoseconds: Self.sent)
        )
        var traces: [TraceID] = []
        var (spans, logs) = (0, 0)
        for round: UInt64 in 0..<3 {
            let time = Self.sent + round * 11_000_000_000
            let at = ClusterTime(nanoseconds: time)
            let batch = scenario.spans(120, at: Timestamp(nanoseconds: time))
            traces += batch.traceIDs
            spans += try edge.receiveTraces(batch.bytes.raw, at: at).accepted
            let records = scenario.logs(30, at: Timestamp(nanoseconds: time))
            logs += try edge.receiveLogs(records.bytes.raw, at: at).accepted
            let points = scenario.metrics(at: Timestamp(nanoseconds: time))
            _ = try edge.receiveMetrics(points.bytes.raw, at: at)
            for name in ["system.cpu.utilization", "system.linux.cpu.busy"] {
                edge.add(
                    Series(name, unit: "1", kind: .gauge, subject: .host(Self.hostID)),
                    .gauge(GaugeValue(0.25 + Double(round) / 4, at: at)),
                    at: at
                )
            }
            // Two rounds end in a sealed segment, the last stays in the open one.
            try await Self.append(edge.cut(), to: self.store)
            if round == 1 { await self.store.seal() }
        }
        edge.finish(at: ClusterTime(nanoseconds: Self.sent + 40_000_000_000))
        try await Self.append(edge.cut(), to: self.store)
        self.traces = traces
        self.services = scenario.serviceNames
        self.spanCount = spans
        self.logCount = logs
    }

    /// Ends the store and removes its folder.
    func close() async {
        await self.store.close()
        try? FileManager.default.removeItem(at: self.folder)
        try? FileManager.default.removeItem(atPath: self.backupFolder)
    }

    /// Does something with a store that is taken away afterwards.
    static func with<Value: Sendable>(
        isEmpty: Bool = false,
        _ body: (TelemetryFixture) async throws -> Value
    ) async throws -> Value {
        let fixture = try await TelemetryFixture(isEmpty: isEmpty)
        do {
            let value = try await body(fixture)
            await fixture.close()
            return value
        } catch {
            await fixture.close()
            throw error
        }
    }

    private static func append(_ frames: [SealedFrame], to store: SegmentStore) async throws {
        guard !frames.isEmpty else { return }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            store.append(frames) { failure in
                if let failure { continuation.resume(throwing: failure) } else { continuation.resume() }
            }
        }
    }
}
