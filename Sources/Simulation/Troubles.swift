/// What went wrong lately, as an excuse for finding somebody dead: the pair's own link, or that one's own pause.
///
/// Nothing else is one: not a link between others, not a pause of whoever finds, not a process that is gone, since its
/// next one has another epoch.
struct Troubles: Equatable, Sendable {
    /// A pause that a healthy process may make without being taken for dead: half a second until an answer is missed,
    /// and three of suspicion at least; less what a question was on its way when the pause began.
    static let tolerance = Duration.milliseconds(3495)
    /// So much less where one of its links is broken: whoever is at the other end asks only by relays, and these are asked
    /// so long after a probe begins.
    static let relayLag = Duration.milliseconds(300)
    /// Whoever can be reached again has contradicted within so long.
    static let memory = Duration.seconds(5)
    /// Fewer packets lost in a thousand are no excuse.
    static let lossTolerance = 100

    /// A pause that is over.
    private struct Pause: Equatable, Sendable {
        var length: Duration
        var end: Duration
    }

    private static let never = Duration.seconds(Int64.max / 4)

    /// Until when nothing passed from one to the other.
    private var brokenUntil: [VirtualNetwork.Pair: Duration] = [:]
    private var lossyUntil: Duration?
    private var lastPause: [Int: Pause] = [:]
    private var pausedSince: [Int: Duration] = [:]

    mutating func note(_ fault: Fault, at now: Duration) {
        switch fault {
        case .crash(let node), .wipe(let node): self.pausedSince[node] = nil
        case .pause(let node): if self.pausedSince[node] == nil { self.pausedSince[node] = now }
        case .resume(let node):
            guard let since = self.pausedSince.removeValue(forKey: node) else { return }
            let pause = Pause(length: now - since, end: now)
            // A short one does not hide a long one just before.
            if pause.length >= Self.tolerance - Self.relayLag { self.lastPause[node] = pause }
        case .loss(let perMille):
            if perMille >= Self.lossTolerance {
                self.lossyUntil = Self.never
            } else if self.lossyUntil == Self.never {
                self.lossyUntil = now
            }
        default: break
        }
    }

    /// Notes which of so many nodes can reach which.
    mutating func noteLinks(_ count: Int, at now: Duration, _ reaches: (Int, Int) -> Bool) {
        for from in 0..<count {
            for to in 0..<count where from != to {
                let pair = VirtualNetwork.Pair(from: from, to: to)
                if !reaches(from, to) {
                    self.brokenUntil[pair] = Self.never
                } else if self.brokenUntil[pair] == Self.never {
                    self.brokenUntil[pair] = now
                }
            }
        }
    }

    /// Whether one that is found dead by another stood still for too long, or could not be reached, a moment ago.
    func excuse(_ node: Int, by other: Int, at now: Duration) -> Bool {
        let ends = [
            self.lossyUntil, self.brokenUntil[.init(from: node, to: other)],
            self.brokenUntil[.init(from: other, to: node)],
        ]
        if ends.contains(where: { Self.isRecent($0, at: now) }) { return true }
        let hasBrokenLink = self.brokenUntil.contains { pair, end in
            (pair.from == node || pair.to == node) && Self.isRecent(end, at: now)
        }
        let tolerance = Self.tolerance - (hasBrokenLink ? Self.relayLag : .zero)
        if let since = self.pausedSince[node], now - since >= tolerance { return true }
        guard let pause = self.lastPause[node], pause.length >= tolerance else { return false }
        return Self.isRecent(pause.end, at: now)
    }

    private static func isRecent(_ end: Duration?, at now: Duration) -> Bool {
        end.map { now < $0 + Self.memory } ?? false
    }
}
