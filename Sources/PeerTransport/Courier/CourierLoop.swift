package import Cluster
package import Logging
package import NIOCore
internal import Synchronization
package import Telemetry

/// Where the frames are that a courier brings: a spool.
package protocol ParcelStore: Sendable {
    /// The bytes of a frame; nil where it is not kept any more. May block while a disk reads; called on a thread that may.
    ///
    /// - Throws: Where it is kept and cannot be read for now.
    func bytes(of id: FrameID) throws -> [UInt8]?

    /// Whether making a frame anew would give it another time than it has.
    func canMakeAnew(_ id: FrameID) -> Bool

    /// These frames are settled, and may be let go. A frame that is to be made anew comes back under another name.
    func release(_ frames: [(id: FrameID, verdict: Outcome.Verdict)])
}

extension ParcelStore {
    /// A store that does not know the times of its frames makes them anew.
    package func canMakeAnew(_: FrameID) -> Bool { true }
}

/// Runs the courier machine on an event loop: an agent's connections to the collectors.
package final class CourierLoop: Sendable {
    /// What other threads may know.
    package struct Status: Equatable, Sendable {
        /// The cluster as the last collector told it; nil before any did.
        package var view: ClusterView?
        /// Collectors that it is connected to.
        package var connected: [NodeID] = []
        /// Frames that are not settled.
        package var heldFrames = 0
        /// Their bytes.
        package var heldBytes = 0
        /// Frames that were sent a second time or more often.
        package var resent: UInt64 = 0
        /// Why the last connection ended or was refused; empty where none did.
        package var lastProblem = ""
    }

    private let loop: any EventLoop
    private let core: NIOLoopBound<CourierCore>
    private let published = Mutex(Status())

    /// Begins on an event loop; the caller is not on it.
    ///
    /// - Parameters:
    ///   - loop: Used by nobody else.
    ///   - local: This process; without placement parameters.
    ///   - seeds: Addresses of collectors, `host:port`.
    ///   - dialer: Opens connections.
    ///   - store: Where the frames are.
    ///   - viewChanged: Hears how the cluster looks, on the event loop.
    ///   - metClock: Hears how far ahead the first collector's clock is, in nanoseconds.
    ///   - credentials: What the process has of the credentials that the cluster shares; nil where it shares none.
    ///   - logger: Hears of troubles.
    /// - Throws: Where the event loop is shut down.
    package init(
        on loop: any EventLoop,
        local: LocalPeer,
        seeds: [String],
        dialer: PeerDialer,
        store: any ParcelStore,
        viewChanged: @escaping @Sendable (ClusterView) -> Void,
        metClock: @escaping @Sendable (Int64) -> Void,
        credentials: (any SharedCredentials)? = nil,
        logger: Logger
    ) async throws {
        self.loop = loop
        self.core = try await loop.submit {
            NIOLoopBound(
                CourierCore(
                    loop: loop,
                    local: local,
                    seeds: seeds,
                    dialer: dialer,
                    store: store,
                    viewChanged: viewChanged,
                    metClock: metClock,
                    credentials: credentials,
                    logger: logger
                ),
                eventLoop: loop
            )
        }.get()
        let core = self.core
        loop.execute { [weak self] in
            core.value.publish = { [weak self] status in self?.published.withLock { $0 = status } }
            core.value.start()
        }
    }

    /// How it goes.
    package var status: Status { self.published.withLock { $0 } }

    /// Takes frames that the store keeps now, oldest first.
    package func add(_ parcels: [Courier.Parcel]) {
        let core = self.core
        self.loop.execute { core.value.input { machine, now in machine.add(parcels, at: now) } }
    }

    /// Forgets frames that the store dropped.
    package func forget(_ ids: [FrameID]) {
        let core = self.core
        self.loop.execute {
            core.value.input { machine, now in ids.flatMap { machine.forget($0, at: now) } }
        }
    }

    /// Judges the collectors again, after certificates or the revocation list changed; connections to those whose
    /// certificates still count stay.
    package func judgeAgain(_ tls: PeerTLS) {
        let core = self.core
        self.loop.execute { core.value.judgeAgain(tls) }
    }

    /// The revocation list or the tokens are others than before.
    package func credentialsChanged() {
        let core = self.core
        self.loop.execute { core.value.fetcher?.changed() }
    }

    /// Waits until everything is settled, or the time is over.
    package func drain(within seconds: Int64) async {
        // What was added before is in the status then.
        _ = try? await self.loop.submit {}.get()
        for _ in 0..<seconds * 20 {
            if self.status.heldFrames == 0 { return }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Closes the connections; what is not settled stays in the store.
    package func close() async {
        let core = self.core
        _ = try? await self.loop.submit { core.value.close() }.get()
    }
}
