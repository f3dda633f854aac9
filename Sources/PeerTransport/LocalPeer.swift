package import Cluster
internal import Synchronization
package import Telemetry

/// Who this process is to its peers, and the clock it stamps greetings with.
package struct LocalPeer: Sendable {
    /// The cluster's id.
    package var cluster: String
    /// Role and name, as its certificate says.
    package var identity: Identity
    /// This start of the process.
    package var run: RunID
    /// What it places by; nil for agents.
    private let box: PlacementBox?
    /// The newest frame format it reads; of an agent, the newest that it writes.
    package var frameVersion: UInt16
    /// Cluster time.
    package var now: @Sendable () -> ClusterTime

    /// Who this process is.
    package init(
        cluster: String,
        identity: Identity,
        run: RunID,
        placement: PlacementParameters?,
        frameVersion: UInt16 = FrameHeader.versions.upperBound,
        now: @escaping @Sendable () -> ClusterTime
    ) {
        self.cluster = cluster
        self.identity = identity
        self.run = run
        self.box = placement.map(PlacementBox.init)
        self.frameVersion = frameVersion
        self.now = now
    }

    /// What it places by now; nil for agents.
    package var placement: PlacementParameters? { self.box?.value.withLock { $0 } }

    /// From now on it places by others.
    func place(by parameters: PlacementParameters) { self.box?.value.withLock { $0 = parameters } }

    /// A greeting of this moment.
    package func greeting(epoch: UInt64 = 0) -> Greeting {
        var greeting = Greeting(
            cluster: self.cluster,
            identity: self.identity,
            run: self.run,
            epoch: epoch,
            placement: self.placement,
            clock: self.now()
        )
        greeting.frameVersion = self.frameVersion
        return greeting
    }
}

/// Placement parameters that all copies of a ``LocalPeer`` share.
private final class PlacementBox: Sendable {
    let value: Mutex<PlacementParameters>

    init(_ parameters: PlacementParameters) { self.value = Mutex(parameters) }
}
