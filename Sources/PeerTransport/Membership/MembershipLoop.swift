package import Cluster
package import Logging
package import NIOCore
internal import Synchronization
package import Telemetry

/// Runs the membership machine on an event loop of its own: moves its messages over control connections, and tells
/// everybody else how the cluster looks.
package final class MembershipLoop: Sendable {
    /// What the process has to do for the machine.
    package struct Duties: Sendable {
        /// Keeps a boot epoch on disk; called before it is used.
        package var keepEpoch: @Sendable (UInt64) throws -> Void
        /// Keeps placement parameters on disk, by which all is placed from now on.
        package var keepPlacement: @Sendable (PlacementParameters) throws -> Void
        /// The picture of the cluster changed; on the event loop of the membership.
        package var viewChanged: @Sendable (ClusterView) -> Void
        /// Another process lives under this name: this one has to stop.
        package var stop: @Sendable (_ reason: String) -> Void
        /// The clock of the first member that was met is ahead or behind by so many nanoseconds.
        package var metClock: @Sendable (_ nanosecondsAhead: Int64) -> Void

        /// What the process has to do.
        package init(
            keepEpoch: @escaping @Sendable (UInt64) throws -> Void,
            keepPlacement: @escaping @Sendable (PlacementParameters) throws -> Void,
            viewChanged: @escaping @Sendable (ClusterView) -> Void,
            stop: @escaping @Sendable (String) -> Void,
            metClock: @escaping @Sendable (Int64) -> Void
        ) {
            self.keepEpoch = keepEpoch
            self.keepPlacement = keepPlacement
            self.viewChanged = viewChanged
            self.stop = stop
            self.metClock = metClock
        }
    }

    /// What other threads may know.
    struct Published: Sendable {
        var view: ClusterView
        var local: MemberRecord
        var sickness = 0
        /// The processes that control connections stand to.
        var runs: [NodeID: RunID] = [:]
    }

    private let loop: any EventLoop
    private let core: NIOLoopBound<MembershipCore>
    private let published: Mutex<Published>

    /// Begins on an event loop; the caller is not on it.
    ///
    /// - Parameters:
    ///   - loop: Used by nobody else.
    ///   - local: This process.
    ///   - record: What it says of itself.
    ///   - seeds: Addresses, `host:port`, at which others may be met.
    ///   - options: Times and counts.
    ///   - seed: Of every draw.
    ///   - dialer: Opens control connections.
    ///   - duties: What the process has to do.
    ///   - logger: Hears of changes.
    /// - Throws: Where the event loop is shut down.
    package init(
        on loop: any EventLoop,
        local: LocalPeer,
        record: MemberRecord,
        seeds: [String],
        options: MembershipOptions = .init(),
        seed: UInt64,
        dialer: PeerDialer,
        duties: Duties,
        logger: Logger
    ) async throws {
        self.loop = loop
        let parameters = local.placement ?? .standard
        self.published = Mutex(Published(view: ClusterView([record], parameters), local: record))
        self.core = try await loop.submit {
            NIOLoopBound(
                MembershipCore(
                    loop: loop,
                    local: local,
                    record: record,
                    seeds: seeds,
                    options: options,
                    seed: seed,
                    dialer: dialer,
                    duties: duties,
                    logger: logger
                ),
                eventLoop: loop
            )
        }.get()
        let core = self.core
        loop.execute { [weak self] in
            core.value.publish = { [weak self] published in self?.published.withLock { $0 = published } }
            core.value.start()
        }
    }

    /// The cluster as it is known now.
    package var view: ClusterView { self.published.withLock { $0.view } }
    /// What this node says of itself now.
    package var local: MemberRecord { self.published.withLock { $0.local } }
    /// How much this process's own timers lag, 0 to 8 (Lifeguard, section IV.A).
    package var sickness: Int { self.published.withLock { $0.sickness } }

    /// The process that a control connection to a member stands to; nil where none stands.
    package func run(of node: NodeID) -> RunID? { self.published.withLock { $0.runs[node] } }

    /// A peer opened a control connection and was welcomed.
    package func accepted(_ connection: PeerHandle, _ hello: Hello) {
        let core = self.core
        self.loop.execute { core.value.accepted(connection, hello) }
    }

    /// A message came over an accepted control connection.
    package func received(_ bytes: [UInt8], from node: NodeID) {
        let core = self.core
        self.loop.execute { core.value.received(bytes, from: node) }
    }

    /// An accepted control connection ended.
    package func lost(_ connection: PeerHandle, of node: NodeID) {
        let core = self.core
        self.loop.execute { core.value.lost(connection.id, of: node) }
    }

    /// Judges the members it called again, after certificates or the revocation list changed.
    package func judgeAgain(_ tls: PeerTLS) {
        let core = self.core
        self.loop.execute { core.value.judgeAgain(tls) }
    }

    /// Changes what the whole cluster places by, unless something newer is known here.
    ///
    /// - Returns: What holds now.
    /// - Throws: Where the event loop is shut down.
    package func place(by parameters: PlacementParameters) async throws -> PlacementParameters {
        let core = self.core
        return try await self.loop.submit {
            core.value.input { machine, _ in machine.place(by: parameters) }
            return core.value.machine.placement
        }.get()
    }

    /// Tells everybody that this node hands over what it holds.
    package func leave() {
        let core = self.core
        self.loop.execute { core.value.input { machine, now in machine.leave(at: now) } }
    }

    /// Takes back that this node leaves.
    package func stay() {
        let core = self.core
        self.loop.execute { core.value.input { machine, now in machine.stay(at: now) } }
    }

    /// Says goodbye for a node that is dead.
    package func forget(_ node: NodeID) {
        let core = self.core
        self.loop.execute { core.value.input { machine, now in machine.forget(node, at: now) } }
    }

    /// Says goodbye to everybody, and closes the connections.
    package func close() async {
        let core = self.core
        await withCheckedContinuation { continuation in
            self.loop.execute {
                core.value.close()
                // Behind what was just said.
                core.value.loop.scheduleTask(in: .milliseconds(50)) { continuation.resume() }
            }
        }
    }
}
