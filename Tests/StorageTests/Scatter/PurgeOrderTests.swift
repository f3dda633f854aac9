import Telemetry
import Testing

@testable import Storage

@Suite struct PurgeOrderTests {
    private static let orders: [Purge] = [
        .before(ClusterTime(nanoseconds: 0)), .before(ClusterTime(nanoseconds: .max)),
        .trace(TraceID(high: 1, low: .max)),
    ]

    @Test func `orders and answers come back as they were`() throws {
        for order in Self.orders {
            #expect(Purge.isOrdered(by: order.encoded))
            #expect(try Purge(order.encoded.raw) == order)
        }
        for items in [0, 1, UInt64.max] {
            #expect(try Purge.items(in: Purge.answer(items: items).raw) == items)
        }
    }

    @Test func `nothing is deleted on a guess: every cut, and anything behind the end, is refused`() {
        for order in Self.orders {
            let bytes = order.encoded
            for count in 0..<bytes.count {
                #expect(throws: WireFailure.self) { try Purge(Array(bytes[..<count]).raw) }
            }
            #expect(throws: WireFailure.self) { try Purge((bytes + [0]).raw) }
            for place in 0..<3 {
                var other = bytes
                other[place] ^= 0x40
                #expect(throws: WireFailure.self) { try Purge(other.raw) }
            }
        }
        #expect(!Purge.isOrdered(by: []) && !Purge.isOrdered(by: [0x80, 1]))
        #expect(throws: WireFailure.self) { try Purge.items(in: [2, 0].raw) }
    }
}
