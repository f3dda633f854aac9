/// Where every item of one signal went at stage "store".
package struct StoreAccount: Equatable, Sendable {
    package var received: UInt64 = 0
    package var recovered: UInt64 = 0
    package var out: UInt64 = 0
    package var held: UInt64 = 0
    package var duplicate: UInt64 = 0
    package var writeFailed: UInt64 = 0

    package init() {}
}
