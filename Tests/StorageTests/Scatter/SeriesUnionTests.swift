import Storage
import Telemetry
import Testing
import Workload

@Suite struct SeriesUnionTests {
    private static let series = Series("m", unit: "", kind: .counter, subject: .service("a"))
    private static let bucket = SlotBucket(partition: Key.service("a").partition, period: 0)

    private static func chunk(
        _ sequence: UInt64,
        _ nano: Int128,
        isRolledUp: Bool = false,
        resolution: Resolution = .tenSeconds
    ) -> SlotChunk {
        let frame = FrameID(run: RunID(high: 1, low: 1), sequence: sequence)
        let slot = Slot(
            series: self.series,
            resolution: resolution,
            start: 0,
            part: 0,
            value: .counter(nano: nano)
        )
        return SlotChunk(
            id: ChunkID(frame: frame, key: .service("a")),
            hour: 0,
            isRolledUp: isRolledUp,
            slots: [slot]
        )
    }

    /// Stands for the hash of what was rolled up.
    private static func amount(_ chunk: SlotChunk) -> UInt64 {
        guard case .counter(let nano)? = chunk.slots.first?.value else { return 0 }
        return UInt64(nano)
    }

    private static func part(_ chunks: [SlotChunk]) -> SlotPart {
        var merger = SeriesMerger(SeriesQuery())
        for slot in chunks.flatMap(\.slots) { merger.add(slot) }
        return SlotPart(
            bucket: self.bucket,
            count: UInt64(chunks.count),
            digest: chunks.reduce(0) { $0 &+ $1.id.hash64 &+ ($1.isRolledUp ? self.amount($1) : 0) },
            lines: merger.result
        )
    }

    /// The total over nodes with these chunks; those that are silent answer only the first request.
    private static func total(_ nodes: [[SlotChunk]], silent: Set<Int> = []) -> (Int128?, isAsked: Bool) {
        let parts = nodes.enumerated().map { (node: "\($0)", parts: $1.isEmpty ? [] : [self.part($1)]) }
        let union = SeriesUnion(SeriesQuery(), parts)
        let next = union.next
        let asked = next.map(\.nodes) ?? []
        let answers = nodes.enumerated()
            .filter { asked.contains("\($0.offset)") && !silent.contains($0.offset) }
            .map { (node: "\($0.offset)", chunks: $0.element) }
        guard case .counter(let nano)? = union.finish(answers).first?.points.first?.value else {
            return (nil, next != nil)
        }
        return (nano, next != nil)
    }

    @Test func `what all holders agree on is counted once, and nobody is asked again`() {
        let chunks = [Self.chunk(1, 3), Self.chunk(2, 4)]
        #expect(Self.total([chunks, chunks.reversed(), []]) == (7, false))
        #expect(Self.total([chunks]) == (7, false))
        #expect(Self.total([[], []]) == (nil, false))
    }

    @Test func `where holders differ, chunks are united by name`() {
        let chunks = (UInt64(1)...5).map { Self.chunk($0, Int128($0)) }
        #expect(Self.total([Array(chunks[..<3]), Array(chunks[2...]), []]) == (15, true))
        #expect(Self.total([Array(chunks[..<1]), Array(chunks[1..<2]), chunks]) == (15, true))
    }

    @Test func `two frames of one name on different nodes are two`() {
        #expect(Self.total([[Self.chunk(1, 3)], [Self.chunk(1, 4), Self.chunk(2, 1)]]) == (8, true))
    }

    @Test func `what was rolled up is not added to what it was made of`() {
        let made = [Self.chunk(1, 3), Self.chunk(2, 4)]
        let whole = [Self.chunk(2, 7, isRolledUp: true, resolution: .minute)]
        #expect(Self.total([made, whole]) == (7, true))
        #expect(Self.total([Array(made[..<1]), whole]) == (7, true))
        let half = [Self.chunk(2, 4, isRolledUp: true, resolution: .minute)]
        #expect(Self.total([made, half]) == (7, true))
        #expect(Self.total([half, whole]) == (7, true))
    }

    @Test func `a sketch of which every register is full is weighed like any other`() throws {
        // Four ranks of 53 in three bytes, 1,024 times.
        let word: [UInt8] = [0x75, 0x5d, 0xd7]
        let bytes: [UInt8] = [1] + (0..<1024).flatMap { _ in word }
        var reader = WireReader(bytes.raw)
        let full = try HyperLogLog(from: &reader)
        var chunks = [Self.chunk(1, 0, isRolledUp: true), Self.chunk(2, 0, isRolledUp: true)]
        for index in chunks.indices {
            chunks[index].slots[0].series.kind = .distinct
            chunks[index].slots[0].value = .distinct(index == 0 ? full : HyperLogLog())
        }
        let parts = chunks.enumerated().map { (node: "\($0)", parts: [Self.part([$1])]) }
        let answers = chunks.enumerated().map { (node: "\($0)", chunks: [$1]) }
        let lines = SeriesUnion(SeriesQuery(), parts).finish(answers)
        #expect(lines.first?.points.first?.value == .distinct(full))
    }

    @Test func `a holder that does not answer again leaves what it said first, unless others answer`() {
        let chunks = [Self.chunk(1, 3), Self.chunk(2, 4)]
        #expect(Self.total([chunks, Array(chunks[..<1])], silent: [0, 1]) == (7, true))
        #expect(Self.total([chunks, Array(chunks[..<1])], silent: [0]) == (3, true))
    }
}
