import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@Suite struct SegmentIndexTests {
    @Test func `terms lead to the chunks that a naive reader finds`() throws {
        for seed in UInt64(1)...25 {
            let random = try RandomChunks(seed: seed, traces: 20)
            let index = try random.index()
            let sorted = index.sortedTerms
            #expect(sorted.count > 10, "seed \(seed)")
            for (term, postings) in sorted {
                let expected = random.chunks.indices.filter { random.chunks[$0].has(term) }.map { UInt32($0) }
                #expect(postings.chunks == expected, "seed \(seed), \(term)")
                #expect(index.chunks(term) == expected, "seed \(seed), \(term)")
            }
            for field in [Term.Field.service, .operation, .session, .route, .tool] {
                let values = Set(sorted.filter { $0.term.field == field }.map(\.term.value))
                #expect(Set(index.values(field)) == values)
            }
            #expect(index.chunks(Term(.service, "nobody")) == [])
            #expect(index.chunks(.operation(service: "nobody", name: "op 1")) == [])
            #expect(index.chunks(Term(.operation, "no zero byte")) == [])
        }
    }

    @Test func `rows, keys and places say what the chunks are`() throws {
        for seed in UInt64(1)...25 {
            let random = try RandomChunks(seed: seed, traces: 20)
            let index = try random.index()
            #expect(index.rows.count == random.chunks.count)
            #expect(index.keys == random.chunks.map(\.key))
            #expect(index.frames.map(\.header) == random.frames.map(\.header))
            let traces = random.traces
            for (number, row) in index.rows.enumerated() {
                // The first row of a trace stands for all of it, the others for their chunk.
                let chunk = traces[number] ?? random.chunks[number]
                #expect(index.keys[Int(row.trace)] == chunk.key && traces[Int(row.trace)] != nil)
                #expect(row.firstStart == chunk.start && row.lastEnd == chunk.end)
                #expect(row.itemCount == UInt32(chunk.spans.count))
                #expect(row.errorCount == UInt32(chunk.spans.count(where: \.isError)))
                #expect(row.flags.contains(.error) == chunk.isError)
                #expect(row.flags.contains(.root) == chunk.spans.contains { $0.parent == 0 })
            }
            for key in Set(index.keys) {
                let expected = index.keys.indices.filter { index.keys[$0] == key }.map { UInt32($0) }
                #expect(index.rows(of: key) == expected.reversed())
            }
            #expect(index.rows(of: Key(high: 0, low: 0)) == [])
        }
    }

    @Test func `a frame whose payload cannot be read keeps its rows, so that later rows keep their frames`()
        throws
    {
        let random = try RandomChunks(seed: 3, traces: 10)
        var index = SegmentIndex()
        for (number, frame) in random.frames.enumerated() {
            let payload = number == 0 ? nil : try frame.frame.payload(frame.bytes.raw)
            index.add(frame.frame, offset: 64 + number * 8, payload: payload)
        }
        #expect(index.keys == random.chunks.map(\.key))
        #expect(index.frameOffsets == random.chunks.map { 64 + $0.frame * 8 })
        for service in RandomChunks.services {
            let expected = random.chunks.indices.filter {
                random.chunks[$0].frame > 0 && random.chunks[$0].has(Term(.service, service))
            }
            #expect(index.chunks(Term(.service, service)) == expected.map { UInt32($0) })
        }
    }

    @Test func `journal frames are listed and nothing of them is found`() throws {
        let edge = TestEdge(sampleShare: 0)
        let id = TraceID(high: 1, low: 2)
        let frames = try edge.spans([TestSpan(trace: id, span: 1)])
        let frame = try #require(frames.first)
        #expect(frame.header.flags.contains(.journal))
        var index = SegmentIndex()
        index.add(frame.frame, offset: 64, payload: try frame.frame.payload(frame.bytes.raw))
        #expect(index.frames.count == 1)
        #expect(index.rows.isEmpty && index.sortedTerms.isEmpty)
        #expect(index.rows(of: Key(id)) == [])
    }

    @Test func `spans without a service are found by their name, open and sealed alike`() throws {
        var span = TestSpan(trace: TraceID(high: 1, low: 1), span: 1)
        span.service = ""
        var index = SegmentIndex()
        let frame = try #require(try TestEdge().spans([span]).first)
        index.add(frame.frame, offset: 64, payload: try frame.frame.payload(frame.bytes.raw))
        #expect(index.chunks(Term(.service, SegmentIndex.unknownService)) == [0])
        for (term, postings) in index.sortedTerms {
            #expect(index.chunks(term) == postings.chunks, "\(term)")
        }
        // A frame of another sender may lack the resource altogether.
        var builder = ByteWriter()
        for number in [0, 0, 1, UInt64(span.bytes.count)] { builder.varint(number) }
        builder.bytes(span.bytes)
        var entry = ChunkEntry(key: Key(span.trace))
        entry.length = UInt32(builder.bytes.count)
        let header = FrameHeader(
            signal: .spans,
            flags: [],
            id: FrameID(run: RunID(high: 1, low: 1), sequence: 1),
            created: TestEdge.epoch,
            itemCount: 1,
            chunkCount: 1,
            tableCount: 0
        )
        let bare = SealedFrame(header, [entry], [], payload: builder.bytes, ZstdCompressor(level: 1))
        var other = SegmentIndex()
        other.add(bare.frame, offset: 64, payload: try bare.frame.payload(bare.bytes.raw))
        for (term, postings) in other.sortedTerms {
            #expect(other.chunks(term) == postings.chunks, "\(term)")
        }
        let kinded = Term(.kindedOperation, "\0server\0" + span.name)
        #expect(other.sortedTerms.map(\.term) == [.operation(service: "", name: span.name), kinded])
        #expect(other.values(.kindedOperation) == [kinded.value])
    }

    @Test func `log chunks are found by service and severity`() throws {
        let records = [
            TestLog(trace: TraceID(high: 1, low: 1), service: "a", severity: 17),
            TestLog(trace: TraceID(high: 2, low: 1), service: "b", severity: 9),
            TestLog(trace: nil, service: "a", severity: 0),
        ]
        let frame = try #require(try TestEdge().logs(records).first)
        var index = SegmentIndex()
        index.add(frame.frame, offset: 64, payload: try frame.frame.payload(frame.bytes.raw))
        func keys(_ term: Term) -> Set<Key> { Set(index.chunks(term).map { index.keys[Int($0)] }) }
        #expect(keys(Term(.service, "b")) == [Key(TraceID(high: 2, low: 1))])
        #expect(keys(Term(.severity, "error")) == [Key(TraceID(high: 1, low: 1))])
        #expect(keys(Term(.service, "a")).count == 2)
        #expect(Set(index.values(.severity)) == ["error", "info", "unspecified"])
        #expect(index.rows.allSatisfy { $0.signal == .logs })
    }
}
