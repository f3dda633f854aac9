internal import Cluster
internal import DiskStorage
internal import OTLPTransport
internal import PeerTransport
internal import Synchronization
internal import Telemetry
internal import WebServer

/// Gathers what this node says about itself, for the other nodes and for its own report.
struct FigureSource: Sendable {
    let identity: NodeIdentity
    let clock: ClusterClock
    let store: SegmentStore
    let server: OTLPServer
    let meter: LoadMeter
    let collector: Collector
    let credentials: CredentialService

    func figures() async -> NodeFigures {
        let now = self.clock.now()
        return NodeFigures(
            run: self.identity.run,
            version: self.identity.version,
            hostName: self.identity.hostName,
            hostID: self.identity.hostID,
            uptimeSeconds: self.identity.started.seconds(until: now),
            process: NodeFigures.Process(
                residentBytes: UInt64(ProcessMetrics.residentBytes ?? 0),
                cpuCores: self.meter.cpuCores,
                certificateSeconds: self.credentials.secondsLeft,
                sickness: UInt64(clamping: self.collector.sickness)
            ),
            load: self.meter.load,
            writes: await self.collector.writeFigures(),
            store: self.storeFigures(now),
            families: await self.families(),
            agents: await self.collector.agents()
        )
    }

    private func storeFigures(_ now: ClusterTime) -> NodeFigures.Store {
        let (counters, backlog) = (self.store.counters, self.store.backlog)
        return NodeFigures.Store(
            bytes: counters.bytes,
            segments: counters.segments,
            queuedBytes: counters.queuedBytes,
            unindexedFrames: UInt64(backlog.frames),
            unindexedSeconds: backlog.oldest.map { $0.fractionalSeconds(until: now) } ?? 0,
            unsealedLogs: UInt64(backlog.logs)
        )
    }

    /// The accounts, and the counters of the program's own that add up over nodes.
    private func families() async -> [MetricFamily] {
        let edge = self.server.accounts
        let all =
            OwnMetrics.accounts(edge, self.store.accounts)
            + OwnMetrics.ingest(edge, self.server.gauge)
            + OwnMetrics.storage(self.store.counters)
            + PeerMetrics.collector(self.collector, owed: await self.collector.owed())
        return all.filter { $0.kind == .counter || $0.name.hasPrefix("neoscope_items_") }
    }
}

/// The source of figures, for those who are made before it is.
final class FigureBox: Sendable {
    private let state = Mutex<FigureSource?>(nil)

    /// Nil until everything is open.
    var value: FigureSource? { self.state.withLock { $0 } }

    func fill(_ source: FigureSource) { self.state.withLock { $0 = source } }
}

extension ClusterTime {
    /// Whole seconds until a later time; 0 for an earlier one.
    fileprivate func seconds(until later: ClusterTime) -> UInt64 {
        (later.nanoseconds - min(self.nanoseconds, later.nanoseconds)) / 1_000_000_000
    }

    /// Seconds until a later time; 0 for an earlier one.
    fileprivate func fractionalSeconds(until later: ClusterTime) -> Double {
        Double(later.nanoseconds - min(self.nanoseconds, later.nanoseconds)) / 1e9
    }
}
