import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@Suite struct SegmentHeaderTests {
    private static let header = SegmentHeader(
        kind: .merged,
        id: 0x0102_0304_0506_0708,
        created: ClusterTime(nanoseconds: 1_700_000_000_000_000_000),
        run: RunID(high: 3, low: .max)
    )

    @Test(arguments: [SegmentHeader.Kind.log, .merged, .spool], [0, 1, UInt64.max])
    func `what was encoded is read back`(_ kind: SegmentHeader.Kind, _ number: UInt64) {
        let header = SegmentHeader(
            kind: kind,
            id: number,
            created: ClusterTime(nanoseconds: number),
            run: RunID(high: number, low: ~number)
        )
        let bytes = header.encoded()
        #expect(bytes.count == SegmentHeader.byteCount)
        #expect(SegmentHeader(bytes.raw) == header)
        let longer = bytes + [1, 2, 3]
        #expect(SegmentHeader(longer.raw) == header)
    }

    @Test func `every length too short is refused`() {
        for count in 0..<SegmentHeader.byteCount {
            let bytes = Array(Self.header.encoded().prefix(count))
            #expect(SegmentHeader(bytes.raw) == nil, "\(count) bytes")
        }
    }

    @Test func `every flipped bit is noticed`() {
        let bytes = Self.header.encoded()
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(SegmentHeader(damaged.raw) == nil, "bit \(bit)")
        }
    }

    @Test(arguments: [(4, 2), (5, 1), (6, 0), (6, 4), (0, 1)])
    func `another magic, version or kind is refused although its checksum fits`(_ place: Int, _ value: UInt8)
    {
        var bytes = Self.header.encoded()
        bytes[place] = value
        var checksum = ByteWriter()
        checksum.fixed64(ContentHash.hash64(bytes.raw.extracting(0..<56)))
        bytes.replaceSubrange(56..<64, with: checksum.bytes)
        #expect(SegmentHeader(bytes.raw) == nil)
    }

    @Test func `noise is refused`() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<500 {
            let noise = Damage.noise(random.below(100), &random)
            #expect(SegmentHeader(noise.raw) == nil)
        }
    }

    @Test func `the bytes of version 1 never change`() {
        let bytes = Self.header.encoded()
        #expect(Array(bytes[0..<8]) == Array("NSSG".utf8) + [1, 0, 2, 0])
        #expect(Array(bytes[8..<16]) == [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(Array(bytes[40..<56]).allSatisfy { $0 == 0 })
        #expect(ContentHash.hash64(bytes.raw) == 6_096_894_933_560_670_871)
    }
}
