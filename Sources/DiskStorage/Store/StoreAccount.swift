internal import Telemetry

/// Where every item of one signal went at stage "store".
///
/// Once nothing is queued, received = out + writeFailed + duplicate; before that, held is the difference. An item is
/// received when its frame comes first-hand (``Arrival/Kind/fresh``, ``Arrival/Kind/first``). Copies for other nodes
/// (``Arrival/Kind/copy``), chunks that repair brought (``Arrival/Kind/repair``) and journal copies stand apart, so that the sum of `out` over all nodes counts every item once.
package struct StoreAccount: Equatable, Sendable {
    /// Handed to the store for writing, first-hand.
    package var received: UInt64 = 0
    /// Found in a log of an earlier process; those count in its account, not in this one.
    package var recovered: UInt64 = 0
    /// First-hand and safe in the sense of ``StoreOptions/durability``; of an identity clash, under its new name.
    package var out: UInt64 = 0
    /// First-hand and in the queue.
    package var held: UInt64 = 0
    /// First-hand, and already here: by an earlier arrival of any kind, or by one of the same commit.
    package var duplicate: UInt64 = 0
    /// First-hand, and refused by the disk; the sender was told.
    package var writeFailed: UInt64 = 0
    /// Of further copies: safe here.
    package var copy: UInt64 = 0
    /// Of further copies: already here.
    package var copyDuplicate: UInt64 = 0
    /// Of further copies: refused by the disk; the sender was told.
    package var copyFailed: UInt64 = 0

    /// Of chunks that repair brought: safe here.
    package var repaired: UInt64 = 0

    /// Of journal copies: safe here, beside the accounts.
    package var journaled: UInt64 = 0

    /// An account of nothing.
    package init() {}

    /// Whether every item is accounted for.
    package var closes: Bool { self.received == self.out + self.held + self.duplicate + self.writeFailed }

    /// Notes items that wait for a commit.
    mutating func take(_ arrival: Arrival) {
        guard arrival.kind.isFirstHand else { return }
        let count = UInt64(arrival.frame.header.itemCount)
        self.received += count
        self.held += count
    }

    /// Notes what became of them.
    mutating func settle(_ arrival: Arrival, _ outcome: Arrival.Outcome) {
        let count = UInt64(arrival.frame.header.itemCount)
        switch (arrival.kind, outcome) {
        case (.repair, .stored): self.repaired += count
        case (.journal, .stored), (.journal, .clash): self.journaled += count
        case (.repair, _), (.journal, _): break
        case (.copy, .stored), (.copy, .clash): self.copy += count
        case (.copy, .duplicate): self.copyDuplicate += count
        case (.copy, .failed): self.copyFailed += count
        case (_, .stored), (_, .clash): self.out += count
        case (_, .duplicate): self.duplicate += count
        case (_, .failed): self.writeFailed += count
        }
        if arrival.kind.isFirstHand { self.held -= count }
    }
}

extension Arrival.Kind {
    /// Whether nobody else holds it yet.
    fileprivate var isFirstHand: Bool { self == .fresh || self == .first }
}
