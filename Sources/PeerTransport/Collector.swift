package import Cluster
package import Logging
package import NIOCore
internal import Synchronization
package import Telemetry

/// The peers' side of a collector: its membership, its write path, its connections, and questions to the others.
///
/// Two event loops: one for the membership machine and the control connections that it opens, one for everything bulky and
/// for all connections that others open.
package final class Collector: Sendable {
    /// What a collector is told.
    package struct Options: Sendable {
        /// Where peers are served; port 0 lets the system choose.
        package var listen: SocketAddress
        /// `host:port` under which others reach it; nil for the address that it really has.
        package var advertised: String?
        /// Addresses at which others may be met.
        package var seeds: [String]
        /// Where it stands; empty where nobody says.
        package var zone: String
        /// URL of its API.
        package var api: String
        /// Connections of peers; further ones are closed.
        package var connectionsMax: Int
        /// Times and counts of membership.
        package var membership: MembershipOptions
        /// Creation times that are taken.
        package var times: FrameTimes
        /// Times and bounds of repair.
        package var repair = Repair.Options()
        /// Bounds of what all connections hold together.
        var memory = PeerMemory.Limits()
        /// Finds all addresses behind a seed's name; may block.
        package var resolve: @Sendable (String) -> [String] = PeerNames.addresses
        /// A frame that another collector does not answer for so long is taken here.
        package var forwardTimeout = TimeAmount.seconds(Int64(PeerProtocol.forwardTimeoutSeconds))
        /// Bounds and times of every connection, on both sides.
        package var connections = PeerConnection.Limits()

        /// What a collector is told.
        package init(
            listen: SocketAddress,
            advertised: String? = nil,
            seeds: [String] = [],
            zone: String = "",
            api: String = "",
            connectionsMax: Int = 4096,
            membership: MembershipOptions = .init(),
            times: FrameTimes = .init()
        ) {
            self.listen = listen
            self.advertised = advertised
            self.seeds = seeds
            self.zone = zone
            self.api = api
            self.connectionsMax = connectionsMax
            self.membership = membership
            self.times = times
        }
    }

    /// What the process does for it.
    package struct Duties: Sendable {
        /// Keeps frames on disk.
        package var log: any FrameLog
        /// Answers a question of another collector about what is stored here.
        package var answer: @Sendable ([UInt8]) async throws -> [UInt8]
        /// What the process has of the credentials that the cluster shares; nil where it shares none.
        package var credentials: (any SharedCredentials)?
        /// What repair compares and fills; nil where nothing is repaired.
        package var repair: (any RepairStore)?
        /// What repair counts.
        var repairs = RepairTally()
        /// Keeps a boot epoch on disk.
        package var keepEpoch: @Sendable (UInt64) throws -> Void
        /// Keeps placement parameters on disk.
        package var keepPlacement: @Sendable (PlacementParameters) throws -> Void
        /// The picture of the cluster changed.
        package var viewChanged: @Sendable (ClusterView) -> Void
        /// The process has to stop.
        package var stop: @Sendable (String) -> Void
        /// The first peer's clock is so far ahead.
        package var metClock: @Sendable (Int64) -> Void

        /// What the process does for it.
        package init(
            log: any FrameLog,
            answer: @escaping @Sendable ([UInt8]) async throws -> [UInt8],
            credentials: (any SharedCredentials)? = nil,
            repair: (any RepairStore)? = nil,
            keepEpoch: @escaping @Sendable (UInt64) throws -> Void,
            keepPlacement: @escaping @Sendable (PlacementParameters) throws -> Void,
            viewChanged: @escaping @Sendable (ClusterView) -> Void,
            stop: @escaping @Sendable (String) -> Void,
            metClock: @escaping @Sendable (Int64) -> Void
        ) {
            self.log = log
            self.answer = answer
            self.credentials = credentials
            self.repair = repair
            self.keepEpoch = keepEpoch
            self.keepPlacement = keepPlacement
            self.viewChanged = viewChanged
            self.stop = stop
            self.metClock = metClock
        }
    }

    /// What was refused, and who is connected.
    package let peers = PeerTally()
    /// What the write path counted.
    package let writes = WriteTally()
    /// What repair did and found.
    package let repairs: RepairTally
    /// The peers' door.
    package let listener: PeerListener
    private let isEnding = Mutex(false)
    private let loop: any EventLoop
    private let core: NIOLoopBound<WriteCore>
    private let desk: NIOLoopBound<PeerDesk>
    private let membership: MembershipLoop
    private let tls: PeerTLS

    /// Listens, and begins to look for others.
    ///
    /// - Parameters:
    ///   - options: What it is told.
    ///   - local: This process; with placement parameters.
    ///   - epoch: Starts of this process so far, this one included; on disk already.
    ///   - tls: What is shown, and how peers are judged.
    ///   - group: Two event loops at least, for nobody else.
    ///   - duties: What the process does for it.
    ///   - logger: Hears of changes and refusals.
    /// - Throws: `IOError` where the address cannot be bound.
    package init(
        _ options: Options,
        local: LocalPeer,
        epoch: UInt64,
        tls: PeerTLS,
        group: any EventLoopGroup,
        duties: Duties,
        logger: Logger
    ) async throws {
        let (loop, controlLoop) = (group.next(), group.next())
        self.repairs = duties.repairs
        let dialer = PeerDialer(tls: tls, limits: options.connections, resolve: options.resolve)
        let (peers, writes) = (self.peers, self.writes)
        let core = try await loop.submit {
            NIOLoopBound(
                WriteCore(
                    loop: loop,
                    local: local,
                    dialer: dialer,
                    options: options,
                    duties: duties,
                    tally: writes,
                    peers: peers,
                    logger: logger
                ),
                eventLoop: loop
            )
        }.get()
        let reception = NIOLoopBoundBox.makeEmptyBox(valueType: PeerDesk.self, eventLoop: loop)
        let listener = try await PeerListener(
            at: options.listen,
            on: loop,
            tls: tls,
            connectionsMax: options.connectionsMax,
            limits: options.connections,
            makeOwner: { reception.value.map { $0 as any PeerConnectionOwner } ?? NobodyHome.only }
        )
        let record = options.record(of: local, epoch: epoch, port: listener.localAddress?.port ?? 0)
        let membership = try await MembershipLoop(
            on: controlLoop,
            local: local,
            record: record,
            seeds: options.seeds,
            options: options.membership,
            seed: local.run.high,
            dialer: dialer,
            duties: duties.forMembership { view in
                loop.execute {
                    core.value.viewChanged(view)
                    reception.value?.viewChanged(view)
                }
            },
            logger: logger
        )
        self.desk = try await loop.submit {
            let desk = PeerDesk(
                core: core.value,
                membership: membership,
                local: local,
                answerer: duties.answer,
                credentials: duties.credentials,
                tally: peers,
                logger: logger
            )
            reception.value = desk
            return NIOLoopBound(desk, eventLoop: loop)
        }.get()
        (self.loop, self.core, self.membership) = (loop, core, membership)
        (self.tls, self.listener) = (tls, listener)
    }

    /// The cluster as this node sees it.
    package var view: ClusterView { self.membership.view }
    /// What this node says of itself.
    package var record: MemberRecord { self.membership.local }
    /// How much this process's own timers lag, 0 to 8.
    package var sickness: Int { self.membership.sickness }

    /// Brings frames of the own door to their owners; answers once, with the worst verdict of all.
    package func bring(_ frames: [SealedFrame], done: @escaping @Sendable (Outcome) -> Void) {
        let core = self.core
        self.loop.execute {
            let gathering = NIOLoopBound(Gathering(frames.count, done), eventLoop: core.value.loop)
            for frame in frames {
                core.value.bring(frame) { gathering.value.add($0) }
            }
        }
    }

    /// Asks another collector about what it stores.
    package func ask(_ question: [UInt8], of node: NodeID, within seconds: Int64) async throws -> [UInt8] {
        let core = self.core
        return try await withCheckedThrowingContinuation { continuation in
            self.loop.execute {
                core.value.questions.ask(
                    question,
                    as: core.value.nextNumber(),
                    of: node,
                    within: .seconds(seconds)
                ) { continuation.resume(with: $0) }
            }
        }
    }

    /// Frames held here of which a copy is still owed, and their partitions.
    package func owed() async -> (frames: Int, partitions: Int) {
        let core = self.core
        let answer = try? await self.loop.submit {
            let machine = core.value.replication
            return (machine?.underReplicatedCount ?? 0, machine?.underReplicatedPartitions.count ?? 0)
        }.get()
        return answer ?? (0, 0)
    }

    /// Frames that the own log must be able to give as they were made; waits for the event loop, and is not called on one.
    package func namesNotSettled() -> Set<FrameID> {
        let core = self.core
        // The loop lives at least until what was asked before the end is answered.
        let answer = self.isEnding.withLock { isEnding in
            isEnding ? nil : self.loop.submit { core.value.replication?.unsettledNames ?? [] }
        }
        return (try? answer?.wait()) ?? []
    }

    /// What is under way and what is owed, as other nodes are told.
    package func writeFigures() async -> NodeFigures.Writes {
        let core = self.core
        return (try? await self.loop.submit { core.value.figures }.get()) ?? NodeFigures.Writes()
    }

    /// Agents that called since the process started, sorted by name.
    package func agents() async -> [AgentFigures] {
        let desk = self.desk
        return (try? await self.loop.submit { desk.value.agents.all }.get()) ?? []
    }

    /// Frames under way, and their bytes.
    package func underWay() async -> (frames: Int, bytes: Int) {
        let core = self.core
        let answer = try? await self.loop.submit {
            (core.value.replication?.pendingCount ?? 0, core.value.replication?.bytesUnderWay ?? 0)
        }.get()
        return answer ?? (0, 0)
    }

    /// Whether nothing is under way and nothing owed.
    private func isDrained() async -> Bool {
        let core = self.core
        return (try? await self.loop.submit { core.value.replication?.isDrained ?? true }.get()) ?? true
    }

    /// Whether another node is there that could take something.
    package var hasCompany: Bool {
        let own = self.record.node
        return self.view.available.contains { $0.node != own }
    }

    /// Waits until nothing is under way and nothing owed, or nobody is there to take it, so many seconds at most.
    package func drain(within seconds: Int) async {
        for _ in 0..<seconds * 20 {
            if await self.isDrained() || !self.hasCompany { return }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Judges all peers again, after certificates or the revocation list changed.
    package func judgeAgain() {
        let (desk, tls) = (self.desk, self.tls)
        let core = self.core
        self.loop.execute {
            desk.value.judgeAgain(tls)
            core.value.judgeAgain(tls)
        }
        self.membership.judgeAgain(tls)
    }

    /// Changes what the whole cluster places by, unless something newer is known here.
    ///
    /// - Returns: What holds now.
    /// - Throws: Where the collector is closed.
    package func place(by parameters: PlacementParameters) async throws -> PlacementParameters {
        try await self.membership.place(by: parameters)
    }

    /// Tells everybody that the revocation list or the tokens are others than before, and looks for what is still missing.
    package func credentialsChanged() {
        let (desk, core) = (self.desk, self.core)
        self.loop.execute {
            desk.value.tellCredentials()
            core.value.fetcher?.changed()
        }
    }

    /// Tells the cluster that this node hands over; until it is closed it serves whoever comes.
    package func leave() { self.membership.leave() }

    /// Takes back that this node hands over and goes.
    package func stay() { self.membership.stay() }

    /// Says goodbye for a node that is dead and will not come back.
    package func forget(_ node: NodeID) { self.membership.forget(node) }

    /// Says goodbye and closes everything.
    package func close() async {
        self.isEnding.withLock { $0 = true }
        await self.listener.close()
        let door = self.desk
        self.loop.execute { door.value.beginClosing() }
        await self.membership.close()
        let (core, desk) = (self.core, self.desk)
        _ = try? await self.loop.submit {
            desk.value.close()
            core.value.close()
        }.get()
    }
}

/// Takes connections that come while the collector is being put together.
private final class NobodyHome: PeerConnectionOwner, Sendable {
    static let only = NobodyHome()

    func secured(_ connection: PeerConnection) { connection.close("the collector is not ready") }
    func received(_ header: PeerHeader, _ body: ByteBuffer, on connection: PeerConnection) {}
    func closed(_ connection: PeerConnection, because reason: String) {}
}

extension Collector.Options {
    /// What the node says of itself when it starts.
    fileprivate func record(of local: LocalPeer, epoch: UInt64, port: Int) -> MemberRecord {
        let host = self.listen.ipAddress ?? "127.0.0.1"
        let own = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        return MemberRecord(
            node: local.identity.node,
            epoch: epoch,
            run: local.run.low,
            address: self.advertised ?? own,
            api: self.api,
            zone: self.zone
        )
    }
}

extension Collector.Duties {
    /// What membership asks for; the write path and the peers' door hear of the view too.
    fileprivate func forMembership(
        _ viewChanged: @escaping @Sendable (ClusterView) -> Void
    ) -> MembershipLoop.Duties {
        MembershipLoop.Duties(
            keepEpoch: self.keepEpoch,
            keepPlacement: self.keepPlacement,
            viewChanged: { view in
                self.viewChanged(view)
                viewChanged(view)
            },
            stop: self.stop,
            metClock: self.metClock
        )
    }
}
