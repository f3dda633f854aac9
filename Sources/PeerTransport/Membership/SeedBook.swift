internal import Cluster
internal import NIOCore

/// What is known of the addresses at which others may be met: when they were called, and who was found there.
struct SeedBook {
    /// An address that leads to this process now may lead to another one later: it is called again after so long.
    static let ownTimeout = TimeAmount.seconds(60)
    /// A name leads to so many addresses at most; it is resolved anew before each call.
    static let addressesPerSeedMax = 16
    /// Addresses that are remembered; names may lead to others each time.
    static let addressesMax = 1024

    private var calls: [String: NIODeadline] = [:]
    private var own: [String: NIODeadline] = [:]
    private var nodes: [String: NodeID] = [:]

    /// Addresses that are remembered now.
    var count: Int { max(self.own.count, self.nodes.count) }

    /// Whether a seed may be called; it is then taken for called.
    mutating func mayCall(_ seed: String, after pause: TimeAmount, at now: NIODeadline) -> Bool {
        if let last = self.calls[seed], now - last < pause { return false }
        self.calls[seed] = now
        return true
    }

    /// An address turned out to be this process's own.
    mutating func noteOwn(_ address: String, at now: NIODeadline) {
        self.own = self.own.filter { now - $0.value < Self.ownTimeout }
        guard self.own.count < Self.addressesMax else { return }
        self.own[address] = now
    }

    /// Whether an address was this process's own, not long ago.
    func isOwn(_ address: String, at now: NIODeadline) -> Bool {
        self.own[address].map { now - $0 < Self.ownTimeout } ?? false
    }

    /// A member was found at an address, whatever it tells of where it is.
    mutating func noteMet(_ node: NodeID, at address: String) {
        if self.nodes.count >= Self.addressesMax { self.nodes = [:] }
        self.nodes[address] = node
    }

    /// The member that was found at an address last; nil where none was.
    func node(at address: String) -> NodeID? { self.nodes[address] }
}
