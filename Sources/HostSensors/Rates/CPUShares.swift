/// How a core, or all of them, spent the time between two readings; the shares add up to 1.
package struct CPUShares: Equatable, Sendable {
    /// In the order of `CPUMode.allCases`.
    private let shares: [Double]

    /// Nil if the time of any mode went backwards or none passed at all.
    package init?(from before: CPUTimes, to after: CPUTimes) {
        var gains: [Double] = []
        for mode in CPUMode.allCases {
            guard let gain = CounterStep.gain(before[mode], after[mode]) else { return nil }
            gains.append(Double(gain))
        }
        let total = gains.reduce(0, +)
        guard total > 0 else { return nil }
        self.shares = gains.map { $0 / total }
    }

    /// The share of one mode, 0 to 1.
    package subscript(mode: CPUMode) -> Double {
        guard let place = CPUMode.allCases.firstIndex(of: mode), place < self.shares.count else { return 0 }
        return self.shares[place]
    }

    /// The share of work for this machine: neither idle, nor waiting for a disk, nor stolen.
    package var busy: Double {
        CPUMode.allCases.reduce(0) { $0 + ($1.isBusy ? self[$1] : 0) }
    }

    /// The mode other than idle with the largest share; nil if the core was idle all the time.
    package var top: CPUMode? {
        let modes = CPUMode.allCases.filter { $0 != .idle && self[$0] > 0 }
        return modes.max { self[$0] < self[$1] }
    }
}
