internal import Foundation
internal import Pipeline
internal import Telemetry
internal import Workload

/// Prints where the time of a span goes: every stage of the ingest path alone in a loop, as CPU per span.
///
/// Run it by `scripts/bench ingest`, which gives it a core of its own. With `frames` it sends frames instead; see
/// ``FrameLoad``. With `aggregates` it measures aggregates; see ``AggregateBench``.
@main
struct Stages {
    /// One line of the answer.
    struct Line: Encodable {
        var stage: String
        var microsecondsPerSpan: Double
    }

    static func main() async throws {
        if CommandLine.arguments.dropFirst().first == "frames" {
            return try await FrameLoad.run(Array(CommandLine.arguments.dropFirst(2)))
        }
        if CommandLine.arguments.dropFirst().first == "aggregates" { return try AggregateBench.run() }
        try self.stages()
    }

    private static func stages() throws {
        var lines: [Line] = []
        func add(_ stage: String, _ seconds: Double, spans: Int) {
            lines.append(Line(stage: stage, microsecondsPerSpan: max(seconds, 0) * 1e6 / Double(spans)))
        }
        var patched = PatchedBatch.benchmark(seed: 1)
        let rounds = 400
        let spans = rounds * patched.spanCount

        let filter = AttributeFilter(contentKeys: AttributeFilter.contentKeys)
        let scanner = Scanner(filter: filter)
        var result = ScanResult()
        let scan = CPUTime.measure {
            for _ in 0..<rounds { try? scanner.scanTraces(patched.bytes.raw, into: &result) }
        }
        add("scan", scan, spans: spans)

        let group = GroupStage.measure(rounds: rounds, patched, result)
        var edge = Edge(options: EdgeOptions(), run: RunID(high: 1, low: 1), at: ClusterTime(nanoseconds: 1))
        var receive = 0.0
        var cut = 0.0
        var frames: [SealedFrame] = []
        for round in 0..<rounds {
            patched.refresh(at: Timestamp(nanoseconds: 1_700_000_000_000_000_000))
            receive += CPUTime.measure {
                _ = try? edge.receiveTraces(
                    patched.bytes.raw,
                    at: ClusterTime(nanoseconds: UInt64(round) * 1000 + 1)
                )
            }
            cut += CPUTime.measure { frames += edge.cut() }
            for frame in frames.suffix(2) { edge.confirm(frame.header) }
            if frames.count > 16 { frames.removeFirst(frames.count - 16) }
        }
        let compress = CompressStage.measure(frames)
        add("count (rate, errors, durations, models)", receive - scan - group, spans: spans)
        add("group (hash, link, copy, lay out)", group + cut - compress * Double(spans), spans: spans)
        add("compress (zstd level 1)", compress, spans: 1)
        add("write (with fdatasync, CPU)", try WriteStage.measure(frames), spans: 1)
        add(
            "HTTP (parse and gather, without the socket)",
            HTTPStage.measure(patched.bytes, rounds: 100),
            spans: 100 * patched.spanCount
        )
        if let tls = try? TLSStage.measure(patched.bytes, rounds: 100) {
            add("TLS 1.3 (decrypt)", tls, spans: 100 * patched.spanCount)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        print(String(decoding: try encoder.encode(lines), as: UTF8.self))
    }
}
