internal import Telemetry

/// The time that a suspected member has to contradict; the more accuse it, the shorter (Lifeguard, section IV.B).
struct Suspicion: Equatable, Sendable {
    let start: Duration
    private let least: Duration
    private let most: Duration
    private let accusersWanted: Int
    /// In the order they spoke; the first one does not count as a confirmation.
    private(set) var accusers: [NodeID]
    /// Added where our own timers were late.
    private var postponed = Duration.zero

    /// A suspicion of whoever got no answer first, among so many members, the suspected included.
    init(by accuser: NodeID, size: Int, _ options: MembershipOptions, at now: Duration) {
        self.start = now
        self.accusers = [accuser]
        let thousandths = max(1000, Self.log10(size))
        self.least = options.probeInterval * options.suspicionFactor * thousandths / 1000
        self.most = self.least * options.suspicionSpread
        self.accusersWanted = options.accuserCount
    }

    /// When the member is taken for dead, where so many members answer, this one included.
    ///
    /// May lie before now, once more accuse it or fewer answer.
    func deadline(live: Int) -> Duration {
        let confirmations = self.accusers.count - 1
        // Among three, nobody is left who could confirm in time.
        guard live > Self.loneMax, confirmations < self.accusersWanted else {
            return self.start + self.postponed + self.least
        }
        // log(c + 1) / log(k + 1), in thousandths.
        let share = 1000 * Self.log10(confirmations + 1) / max(1, Self.log10(self.accusersWanted + 1))
        return self.start + self.postponed + self.most - (self.most - self.least) * share / 1000
    }

    /// Among so many members that answer, nobody is waited for.
    private static let loneMax = 3

    /// Notes one more accuser; false where that changes nothing.
    mutating func confirm(by accuser: NodeID) -> Bool {
        guard self.accusers.count <= self.accusersWanted, !self.accusers.contains(accuser) else {
            return false
        }
        self.accusers.append(accuser)
        return true
    }

    mutating func postpone(by lateness: Duration) { self.postponed += lateness }

    /// A thousand times the decimal logarithm, straight lines between powers of two: the same everywhere.
    private static func log10(_ number: Int) -> Int {
        guard number > 1 else { return 0 }
        let power = Int.bitWidth - 1 - number.leadingZeroBitCount
        let base = 1 << power
        return (power * 1000 + (number - base) * 1000 / base) * 30_103 / 100_000
    }
}
