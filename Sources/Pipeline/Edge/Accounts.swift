package import Telemetry

/// Where every item of one signal at one stage went; they always close (design 1.6):
/// in + recovered = out + held + dropped + duplicate.
package struct Account: Equatable, Sendable {
    /// Decoded and admitted.
    package var received: UInt64 = 0
    /// Found in a journal of an earlier process.
    package var recovered: UInt64 = 0
    /// Safe, or handed on and confirmed.
    package var out: UInt64 = 0
    /// Admitted, not yet answered for.
    package var held: UInt64 = 0
    /// Known already.
    package var duplicate: UInt64 = 0
    /// Admitted, then discarded before out, by reason.
    package var dropped: [DropReason: UInt64] = [:]

    /// An account of nothing yet.
    package init() {}

    /// Whether every item is accounted for.
    package var closes: Bool {
        self.received + self.recovered
            == self.out + self.held + self.duplicate + self.dropped.values.reduce(0, +)
    }

    /// Adds another stage's or edge's account.
    package mutating func add(_ other: Account) {
        self.received += other.received
        self.recovered += other.recovered
        self.out += other.out
        self.held += other.held
        self.duplicate += other.duplicate
        for (reason, count) in other.dropped { self.dropped[reason, default: 0] += count }
    }
}

/// Why an admitted item was discarded.
package enum DropReason: String, CaseIterable, Comparable, Sendable {
    /// Head sampling left it out; it is in the counts.
    case sampled
    /// The disk refused it; its sender was told.
    case writeFailed = "write_failed"
    /// The disk refused it for so long that memory for what waits ran out; the oldest went.
    case backlogFull = "backlog_full"
    /// They waited for so long that no collector takes frames of their time any more.
    case timeRefused = "time_refused"

    /// Orders by name, for screens and expositions.
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The accounts of one edge, and what it turned away.
package struct EdgeAccounts: Equatable, Sendable {
    /// What went in and where it went, by signal.
    package var bySignal: [Signal: Account] = [:]
    /// Items refused one by one, by signal and reason.
    package var rejected: [Signal: [ItemDefect: UInt64]] = [:]
    /// Requests refused whole, by signal and reason.
    package var refused: [Signal: [String: UInt64]] = [:]
    /// Attribute values and log bodies that were redacted.
    package var redacted: UInt64 = 0
    /// Values that went to an overflow series.
    package var overflowed: UInt64 = 0
    /// Client points that cannot be true: kept as sent, and not counted.
    package var impossible: UInt64 = 0
    /// Spans that end before they start.
    package var reversed: UInt64 = 0

    /// An account of nothing yet.
    package init() {}

    /// Adds another edge's accounts.
    package mutating func add(_ other: EdgeAccounts) {
        for (signal, account) in other.bySignal { self.bySignal[signal, default: Account()].add(account) }
        for (signal, reasons) in other.rejected {
            for (reason, count) in reasons {
                self.rejected[signal, default: [:]][reason, default: 0] += count
            }
        }
        for (signal, reasons) in other.refused {
            for (reason, count) in reasons { self.refused[signal, default: [:]][reason, default: 0] += count }
        }
        self.redacted += other.redacted
        self.overflowed += other.overflowed
        self.impossible += other.impossible
        self.reversed += other.reversed
    }
}
