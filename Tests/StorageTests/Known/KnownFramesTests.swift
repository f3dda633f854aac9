import Storage
import Telemetry
import TestSupport
import Testing

@Suite struct KnownFramesTests {
    private static let start = ClusterTime(nanoseconds: 1_000_000_000_000_000)
    private static let second: UInt64 = 1_000_000_000

    private static func header(
        run: UInt64 = 1,
        _ sequence: UInt64,
        checksum: UInt64 = 1,
        seconds: UInt64 = 1_000
    ) -> FrameHeader {
        var header = FrameHeader(
            signal: .spans,
            flags: [],
            id: FrameID(run: RunID(high: run, low: 0), sequence: sequence),
            created: ClusterTime(nanoseconds: self.start.nanoseconds + seconds * self.second),
            itemCount: 1,
            chunkCount: 1,
            tableCount: 0
        )
        header.contentChecksum = checksum
        return header
    }

    @Test func `a frame is new, then known, and another of its name is a clash`() {
        var known = KnownFrames(since: Self.start)
        #expect(known.answer(Self.header(1)) == .new)
        known.insert(Self.header(1))
        #expect(known.answer(Self.header(1)) == .known)
        #expect(known.answer(Self.header(1, checksum: 2)) == .clash)
        #expect(known.answer(Self.header(run: 2, 1)) == .new)
        known.insertRenamed(Self.header(1, checksum: 2))
        #expect(known.answer(Self.header(1, checksum: 2)) == .known)
        #expect(known.answer(Self.header(1)) == .known)
        known.remove(Self.header(1, checksum: 2))
        #expect(known.answer(Self.header(1, checksum: 2)) == .clash)
        known.remove(Self.header(1))
        #expect(known.answer(Self.header(1)) == .new && known.count == 0)
    }

    @Test func `of what was made before the start, or by a clock ahead of it, only the disk can tell`() {
        let known = KnownFrames(since: Self.start)
        #expect(known.answer(Self.header(1, seconds: 0)) == .earlier)
        #expect(known.answer(Self.header(1, seconds: 300)) == .earlier)
        #expect(known.answer(Self.header(1, seconds: 301)) == .new)
    }

    @Test func `below its floor a frame is forgotten, and the disk is asked`() {
        var known = KnownFrames(since: Self.start)
        for sequence in UInt64(1)...9 { known.insert(Self.header(sequence)) }
        known.insert(Self.header(run: 2, 1))
        known.insertRenamed(Self.header(3, checksum: 7))
        known.forget(RunID(high: 1, low: 0), below: 5)
        #expect(known.answer(Self.header(4)) == .forgotten && known.answer(Self.header(5)) == .known)
        #expect(known.answer(Self.header(3, checksum: 7)) == .forgotten)
        #expect(known.answer(Self.header(10)) == .new && known.answer(Self.header(run: 2, 1)) == .known)
        #expect(known.count == 6)
        // A floor never falls.
        known.forget(RunID(high: 1, low: 0), below: 2)
        #expect(known.answer(Self.header(4)) == .forgotten)
    }

    @Test func `nothing stored is ever called new, whatever was forgotten, and memory stays bounded`() {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(30)) {
            var random = SplitMix64(seed: seed)
            var limits = KnownFrames.Limits()
            limits.generationFramesMax = 1 + random.below(40)
            limits.floorsMax = 1 + random.below(4)
            var known = KnownFrames(since: Self.start, limits: limits)
            var made: [FrameHeader] = []
            var stored: [FrameID: Set<UInt64>] = [:]
            for time in UInt64(0)..<400 {
                let run = 1 + UInt64(random.below(8))
                if random.chance(perMille: 50) {
                    known.forget(RunID(high: run, low: 0), below: UInt64(random.below(40)))
                }
                if made.isEmpty || random.chance(perMille: 500) {
                    let late = UInt64(random.below(30))
                    let checksum: UInt64 = random.chance(perMille: 50) ? 2 : 1
                    let seconds = 331 + time - late
                    let sequence = UInt64(random.below(60))
                    let header = Self.header(run: run, sequence, checksum: checksum, seconds: seconds)
                    guard !made.contains(where: { $0.id == header.id && $0.contentChecksum == checksum })
                    else { continue }
                    made.append(header)
                }
                let header =
                    random.chance(perMille: 500) ? made[made.count - 1] : made[random.below(made.count)]
                let comment: Comment = "seed \(seed)"
                let isStored = stored[header.id]?.contains(header.contentChecksum) ?? false
                switch known.answer(header) {
                case .new:
                    #expect(!isStored, comment)
                    known.insert(header)
                case .known: #expect(isStored, comment)
                case .clash:
                    #expect(stored[header.id] != [header.contentChecksum], comment)
                    known.insertRenamed(header)
                case .earlier, .forgotten, .partial: if !isStored { known.insert(header) }
                }
                stored[header.id, default: []].insert(header.contentChecksum)
                #expect(known.count <= limits.generationFramesMax * 2, comment)
            }
        }
    }
}
