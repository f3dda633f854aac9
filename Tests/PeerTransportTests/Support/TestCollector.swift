import Cluster
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Telemetry
import Testing

@testable import PeerTransport

/// A collector on a port of this machine, with a disk that is none.
struct TestCollector: Sendable {
    let identity: Identity
    let tls: PeerTLS
    let log: MemoryLog
    let collector: Collector
    let group: MultiThreadedEventLoopGroup
    let views: Events<ClusterView>
    let stops: Events<String>

    var port: Int { self.collector.listener.localAddress?.port ?? 0 }
    var host: String { self.collector.listener.localAddress?.ipAddress ?? "" }
    var address: String { "\(self.host):\(self.port)" }

    static func start(
        _ name: String,
        _ authority: TestAuthority,
        run: UInt64 = 1000,
        seeds: [String] = [],
        placement: PlacementParameters = .standard,
        connectionsMax: Int = 100,
        host: String = "127.0.0.1",
        port: Int = 0,
        daysAhead: Int64 = 0,
        log: MemoryLog = MemoryLog(),
        limits: PeerConnection.Limits = .init(),
        credentials: (any SharedCredentials)? = nil,
        forwardTimeout: TimeAmount = .seconds(4),
        names: [String: [String]] = [:],
        answerBytesMax: Int = 512 << 20,
        epochs: EpochDisk = EpochDisk(),
        frameVersion: UInt16 = FrameHeader.versions.upperBound,
        answer: @escaping @Sendable ([UInt8]) async throws -> [UInt8] = { $0 }
    ) async throws -> TestCollector {
        let identity = Identity.named(.collector, name)
        let tls = try authority.tls(identity, daysAhead: daysAhead)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let (views, stops) = (Events<ClusterView>(), Events<String>())
        var options = Collector.Options(
            listen: try SocketAddress(ipAddress: host, port: port),
            seeds: seeds,
            connectionsMax: connectionsMax
        )
        options.connections = limits
        options.memory.answerBytesMax = answerBytesMax
        options.forwardTimeout = forwardTimeout
        options.resolve = { names[$0] ?? PeerNames.addresses(of: $0) }
        var local = LocalPeer(
            cluster: authority.cluster,
            identity: identity,
            run: RunID(high: run, low: run),
            placement: placement,
            now: { TestFrame.now }
        )
        local.frameVersion = frameVersion
        let collector = try await Collector(
            options,
            local: local,
            epoch: 1,
            tls: tls,
            group: group,
            duties: Collector.Duties(
                log: log,
                answer: answer,
                credentials: credentials,
                keepEpoch: { try epochs.keep($0) },
                keepPlacement: { _ in },
                viewChanged: { views.add($0) },
                stop: { stops.add($0) },
                metClock: { _ in }
            ),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        return TestCollector(
            identity: identity,
            tls: tls,
            log: log,
            collector: collector,
            group: group,
            views: views,
            stops: stops
        )
    }

    /// An address of this machine that no other test uses: a port that was free on it stays free.
    static func host() -> String {
        let number = self.hosts.withLock { count in
            count += 1
            return count
        }
        return "127.88.\(number / 250).\(number % 250 + 1)"
    }

    private static let hosts = Mutex(0)

    /// Ports of an address at which nobody listens just now.
    static func freePorts(_ count: Int, of host: String) async throws -> [Int] {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var listeners: [any Channel] = []
        for _ in 0..<count {
            listeners.append(try await ServerBootstrap(group: loop).bind(host: host, port: 0).get())
        }
        let ports = listeners.compactMap { $0.localAddress?.port }
        for listener in listeners { try await listener.close() }
        return ports
    }

    /// Waits until it sees so many members alive.
    func sees(_ count: Int) async throws {
        try await self.views.first { $0.records.count { $0.status == .alive } == count }
    }

    func stop() async throws {
        await self.collector.close()
        try await self.group.shutdownGracefully()
    }

    /// What a peer would greet with.
    static func greeting(
        _ identity: Identity,
        _ authority: TestAuthority,
        run: UInt64 = 77,
        placement: PlacementParameters? = .standard,
        cluster: String? = nil
    ) -> Greeting {
        LocalPeer(
            cluster: cluster ?? authority.cluster,
            identity: identity,
            run: RunID(high: run, low: run),
            placement: identity.role == .agent ? nil : placement,
            now: { TestFrame.now }
        ).greeting(epoch: 1)
    }
}

/// A disk that keeps boot epochs, or does not.
final class EpochDisk: Sendable {
    struct Full: Error {}

    private let state: Mutex<(kept: UInt64, failures: Int)>

    /// The first writes fail, so many of them.
    init(failures: Int = 0) { self.state = Mutex((0, failures)) }

    var kept: UInt64 { self.state.withLock { $0.kept } }

    func keep(_ epoch: UInt64) throws {
        try self.state.withLock { state in
            guard state.failures == 0 else {
                state.failures -= 1
                throw Full()
            }
            state.kept = epoch
        }
    }
}
