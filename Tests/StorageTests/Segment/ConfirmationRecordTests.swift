import Storage
import Telemetry
import TestSupport
import Testing

@Suite struct ConfirmationRecordTests {
    private static func ids(_ count: Int, seed: UInt64) -> [FrameID] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            FrameID(
                run: RunID(high: random.anyMagnitude(), low: random.next()),
                sequence: random.anyMagnitude()
            )
        }
    }

    @Test func `what was encoded is read back, at every length of the file`() {
        let ids = Self.ids(5, seed: 1) + [FrameID(run: RunID(high: 0, low: 0), sequence: .max)]
        let bytes = ConfirmationRecord.encoded(ids)
        #expect(bytes.count == ids.count * ConfirmationRecord.byteCount)
        for count in 0...bytes.count {
            let cut = Array(bytes.prefix(count))
            let whole = count / ConfirmationRecord.byteCount
            #expect(ConfirmationRecord.ids(in: cut.raw) == Array(ids.prefix(whole)), "cut at \(count)")
        }
        #expect(ConfirmationRecord.encoded([]) == [])
    }

    @Test func `a flipped bit costs its own record and no other`() {
        let ids = Self.ids(4, seed: 2)
        let bytes = ConfirmationRecord.encoded(ids)
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            var rest = ids
            rest.remove(at: bit / 8 / ConfirmationRecord.byteCount)
            #expect(ConfirmationRecord.ids(in: damaged.raw) == rest, "bit \(bit)")
        }
    }

    @Test func `noise names no frame`() {
        var random = SplitMix64(seed: 3)
        for _ in 0..<200 {
            let noise = Damage.noise(random.below(200), &random)
            #expect(ConfirmationRecord.ids(in: noise.raw).isEmpty)
        }
    }

    @Test func `the bytes of a record are these`() {
        let bytes = ConfirmationRecord.encoded([FrameID(run: RunID(high: 1, low: 2), sequence: 3)])
        #expect(bytes.prefix(24) == [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0])
        let hash = ContentHash.hash64(Array(bytes.prefix(24)).raw)
        #expect(bytes.suffix(8) == (0..<8).map { UInt8(truncatingIfNeeded: hash >> UInt64(8 * $0)) })
    }
}
