/// Where every item of one signal went at stage "store".
package struct StoreAccount: Equatable, Sendable {
    /// Handed to the store for writing.
    package var received: UInt64 = 0
    /// Found in a log of an earlier process; those count in its account, not in this one.
    package var recovered: UInt64 = 0
    /// Safe in the sense of ``StoreOptions/durability``.
    package var out: UInt64 = 0
    /// In the queue.
    package var held: UInt64 = 0
    /// Known already.
    package var duplicate: UInt64 = 0
    /// Refused by the disk; the sender was told.
    package var writeFailed: UInt64 = 0

    /// An account of nothing.
    package init() {}
}
