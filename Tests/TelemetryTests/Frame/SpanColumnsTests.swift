import Telemetry
import TestSupport
import Testing

@Suite struct SpanColumnsTests {
    @Test func `payloads of spans come back byte for byte`() throws {
        for seed in UInt64(1)...1500 {
            var payload = RandomSpans(seed: seed)
            payload.fill()
            let split = SpanColumns.split(
                payload.bytes,
                entries: payload.entries,
                tableCount: payload.tableCount
            )
            let columns = try #require(split, "seed \(seed)")
            let joined = try SpanColumns.join(
                columns,
                entries: payload.entries,
                tableCount: payload.tableCount,
                count: payload.bytes.count
            )
            #expect(joined == payload.bytes, "seed \(seed)")
        }
    }

    @Test func `a payload of any other form is left alone or comes back byte for byte`() {
        for seed in UInt64(1)...6000 {
            var random = SplitMix64(seed: seed)
            var mutator = RequestMutator(seed: seed)
            var payload = RandomSpans(seed: seed % 50)
            payload.fill()
            let bytes = mutator.mutate(payload.bytes, donor: payload.bytes)
            var entries = payload.entries
            if random.one(in: 2) {
                entries[entries.count - 1].length = UInt32(bytes.count) &- entries[entries.count - 1].offset
            }
            guard let columns = SpanColumns.split(bytes, entries: entries, tableCount: payload.tableCount)
            else { continue }
            let joined = try? SpanColumns.join(
                columns,
                entries: entries,
                tableCount: payload.tableCount,
                count: bytes.count
            )
            #expect(joined == bytes, "seed \(seed)")
        }
    }

    @Test func `integers longer than needed keep their length`() throws {
        // One chunk with one empty span whose count is written in two bytes.
        let payload: [UInt8] = [0, 0, 0x81, 0x00, 0]
        var entry = ChunkEntry(key: Key(high: 1, low: 1))
        entry.length = 5
        if let columns = SpanColumns.split(payload, entries: [entry], tableCount: 0) {
            #expect(try SpanColumns.join(columns, entries: [entry], tableCount: 0, count: 5) == payload)
        }
    }

    @Test func `damaged columns are refused or read, never trapped on`() {
        for seed in UInt64(1)...6000 {
            var mutator = RequestMutator(seed: seed)
            var payload = RandomSpans(seed: seed % 50)
            payload.fill()
            let split = SpanColumns.split(
                payload.bytes,
                entries: payload.entries,
                tableCount: payload.tableCount
            )
            let columns = mutator.mutate(split ?? [], donor: payload.bytes)
            _ = try? SpanColumns.join(
                columns,
                entries: payload.entries,
                tableCount: payload.tableCount,
                count: payload.bytes.count
            )
        }
    }
}
