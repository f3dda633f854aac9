/// What went wrong lately, as an excuse for taking somebody for dead.
struct Troubles: Equatable, Sendable {
    /// A pause that a healthy process may make without being taken for dead: half a second until an answer is missed,
    /// and three of suspicion at least.
    static let tolerance = Duration.milliseconds(3500)
    /// A verdict lags behind its reason by no more than the longest suspicion and a round of gossip.
    static let memory = Duration.seconds(30)

    private var networkUntil: Duration?
    private var isSplit = false
    private var isLossy = false
    private var downUntil: [Int: Duration] = [:]
    private var pausedSince: [Int: Duration] = [:]

    mutating func note(_ fault: Fault, at now: Duration) {
        switch fault {
        case .crash(let node), .wipe(let node), .leave(let node):
            self.downUntil[node] = now + .seconds(3600)
        case .restart(let node): self.downUntil[node] = now
        case .pause(let node): self.pausedSince[node] = now
        case .resume(let node):
            guard let since = self.pausedSince.removeValue(forKey: node), now - since >= Self.tolerance else {
                return
            }
            self.downUntil[node] = now
        case .split, .cut: self.isSplit = true
        case .loss(let perMille):
            if self.isLossy { self.networkUntil = now }
            self.isLossy = perMille > 0
        case .heal:
            if self.isSplit { self.networkUntil = now }
            self.isSplit = false
        case .join, .duplicates, .reordering, .slowDisk, .fullDisk, .healDisk, .replicate:
            // None of these is an excuse: membership has streams of its own.
            break
        }
    }

    /// Whether either side, or what lies between, was unwell a while ago.
    func excuse(_ node: Int, by other: Int, at now: Duration) -> Bool {
        if self.isSplit || self.isLossy || self.networkUntil.map({ now - $0 < Self.memory }) ?? false {
            return true
        }
        return [node, other].contains { one in self.downUntil[one].map { now < $0 + Self.memory } ?? false }
            || self.pausedSince[node].map { now - $0 >= Self.tolerance } ?? false
    }
}
