import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@Suite struct SegmentWalkTests {
    /// What a walk says, in a form that can be compared.
    private enum Seen: Equatable {
        case frame(UInt64, offset: Int)
        case damage(Range<Int>)
        case tornTail(Range<Int>, isCutOff: Bool)
    }

    private static func walk(_ bytes: [UInt8]) -> [Seen] {
        var walk = SegmentWalk(bytes.raw)
        var seen: [Seen] = []
        while let step = walk.next() {
            switch step {
            case .frame(let frame, let offset): seen.append(.frame(frame.header.id.sequence, offset: offset))
            case .damage(let range): seen.append(.damage(range))
            case .tornTail(let range, let isCutOff): seen.append(.tornTail(range, isCutOff: isCutOff))
            }
        }
        return seen
    }

    private static func segment(frames count: Int) throws -> (bytes: [UInt8], offsets: [Int]) {
        var bytes = SegmentHeader(kind: .log, id: 1, created: TestEdge.epoch, run: RunID(high: 1, low: 1))
            .encoded()
        var offsets: [Int] = []
        let edge = TestEdge()
        for number in 1...UInt64(count) {
            let spans = (1...number).map { TestSpan(trace: TraceID(high: number, low: $0), span: $0) }
            for frame in try edge.spans(spans) {
                offsets.append(bytes.count)
                bytes += frame.bytes
            }
        }
        return (bytes, offsets + [bytes.count])
    }

    private static func frames(_ offsets: [Int], without missing: Set<Int> = []) -> [Seen] {
        offsets.dropLast().indices.filter { !missing.contains($0) }.map {
            .frame(UInt64($0 + 1), offset: offsets[$0])
        }
    }

    @Test func `whole frames are found in their order and nothing else`() throws {
        let (bytes, offsets) = try Self.segment(frames: 5)
        #expect(Self.walk(bytes) == Self.frames(offsets))
        #expect(Self.walk(Array(bytes.prefix(SegmentHeader.byteCount))) == [])
        #expect(Self.walk([]) == [])
    }

    @Test func `a segment torn at any byte of its last frame keeps all the others`() throws {
        let (bytes, offsets) = try Self.segment(frames: 3)
        let end = offsets[2] + 96
        let content = try Frame(bytes.raw, at: offsets[2]).header
        let whole = end + Int(content.indexBytes) + Int(content.payloadBytes)
        for count in offsets[2]..<bytes.count {
            let torn = Array(bytes.prefix(count))
            var expected = Self.frames(offsets, without: [2])
            // A frame whose padding alone is missing is whole.
            if count >= whole {
                expected.append(.frame(3, offset: offsets[2]))
            } else if count > offsets[2] {
                expected.append(.tornTail(offsets[2]..<count, isCutOff: true))
            }
            #expect(Self.walk(torn) == expected, "\(count) bytes")
        }
        // Whole but wrong: nothing was cut off.
        var flipped = bytes
        flipped[end] ^= 1
        #expect(Self.walk(flipped).last == .tornTail(offsets[2]..<bytes.count, isCutOff: false))
    }

    @Test func `damage to any byte of a middle frame loses that frame alone`() throws {
        let (bytes, offsets) = try Self.segment(frames: 4)
        let header = try Frame(bytes.raw, at: offsets[1]).header
        let end = offsets[1] + 96 + Int(header.indexBytes) + Int(header.payloadBytes)
        for place in offsets[1]..<end {
            var damaged = bytes
            damaged[place] ^= 0x40
            var expected = Self.frames(offsets, without: [1])
            expected.insert(.damage(offsets[1]..<offsets[2]), at: 1)
            #expect(Self.walk(damaged) == expected, "byte \(place)")
        }
    }

    @Test func `foreign bytes between frames are passed over`() throws {
        let (bytes, offsets) = try Self.segment(frames: 3)
        for seed in UInt64(1)...60 {
            var random = SplitMix64(seed: seed)
            let foreign = Damage.noise(8 * (1 + random.below(40)), &random)
            let mixed = Array(bytes[..<offsets[1]]) + foreign + Array(bytes[offsets[1]...])
            let moved = offsets.map { $0 >= offsets[1] ? $0 + foreign.count : $0 }
            #expect(
                Self.walk(mixed) == [
                    .frame(1, offset: offsets[0]), .damage(offsets[1]..<offsets[1] + foreign.count),
                    .frame(2, offset: moved[1]), .frame(3, offset: moved[2]),
                ],
                "seed \(seed)"
            )
        }
    }

    @Test func `every byte is in a frame or in damage, whatever happens to the segment`() throws {
        let (bytes, _) = try Self.segment(frames: 6)
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(800)) {
            var random = SplitMix64(seed: seed)
            let damaged = Damage.mutated(bytes, &random)
            var place = SegmentHeader.byteCount
            for step in Self.walk(damaged) {
                switch step {
                case .frame(_, let offset):
                    #expect(offset == place, "seed \(seed)")
                    place = offset + (try Frame(damaged.raw, at: offset).header.frameBytes)
                case .damage(let range), .tornTail(let range, _):
                    #expect(range.lowerBound == place && !range.isEmpty, "seed \(seed)")
                    place = range.upperBound
                }
            }
            #expect(place >= damaged.count, "seed \(seed)")
        }
    }

    @Test func `noise has no frames and never traps`() {
        for seed in UInt64(1)...200 {
            var random = SplitMix64(seed: seed)
            let noise = Damage.noise(random.below(2000), &random)
            for step in Self.walk(noise) { if case .frame = step { Issue.record("seed \(seed)") } }
        }
    }

    @Test func `a frame of an unknown version is damage to this reader, and is not lost to the next`() throws
    {
        let (bytes, offsets) = try Self.segment(frames: 3)
        var newer = bytes
        newer[offsets[1] + 4] = 2
        #expect(Self.walk(newer)[1] == .damage(offsets[1]..<offsets[2]))
        #expect(Self.walk(newer).count == 3)
    }
}
