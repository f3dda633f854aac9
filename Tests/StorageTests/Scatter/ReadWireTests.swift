import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@Suite struct ReadWireTests {
    private static func read(request bytes: [UInt8]) throws -> ReadRequest { try ReadRequest(bytes.raw) }

    private static func read(answer bytes: [UInt8]) throws -> ReadAnswer { try ReadAnswer(bytes.raw) }

    private static func text(_ random: inout SplitMix64) -> String {
        ["", "checkout", "zahlung-é", "a\0b"][random.below(4)]
    }

    private static func number(_ random: inout SplitMix64) -> UInt64 {
        [0, 1, .max, random.next() >> UInt64(random.below(64))][random.below(4)]
    }

    private static func frame(_ random: inout SplitMix64) -> FrameID {
        FrameID(run: RunID(using: &random), sequence: self.number(&random))
    }

    private static func some<Value>(
        _ random: inout SplitMix64,
        _ make: (inout SplitMix64) -> Value
    ) -> [Value] {
        (0..<random.below(4)).map { _ in make(&random) }
    }

    private static func request(_ random: inout SplitMix64) -> ReadRequest {
        let attributes = self.some(&random) { AttributeMatch(key: self.text(&$0), value: self.text(&$0)) }
        switch random.below(7) {
        case 0: return .trace(random.traceID())
        case 1:
            var query = SearchQuery(signal: random.chance(perMille: 500) ? .spans : .logs)
            query.terms = self.some(&random) { Term(.session, self.text(&$0)) }
            query.from = self.number(&random)
            query.to = self.number(&random)
            query.minDuration = self.number(&random)
            query.maxDuration = self.number(&random)
            query.onlyErrors = random.chance(perMille: 500)
            query.attributes = attributes
            query.limit = random.below(1_000)
            return .search(query)
        case 2: return .traceParts(self.some(&random) { $0.traceID() }, .spans, attributes)
        case 3: return .values(Term.Field.allCases[random.below(11)], limit: .max)
        case 4:
            var query = LogQuery(limit: random.below(9))
            if random.chance(perMille: 500) { query.trace = random.traceID() }
            if random.chance(perMille: 500) { query.service = self.text(&random) }
            query.minSeverity = UInt8(random.below(25))
            query.from = self.number(&random)
            return .logs(query)
        default:
            var query = SeriesQuery(names: Set(self.some(&random) { self.text(&$0) }))
            query.subject = [nil, .service(self.text(&random)), .host("h")][random.below(3)]
            query.to = self.number(&random)
            if random.chance(perMille: 500) { query.step = self.number(&random) }
            let buckets = self.some(&random) {
                SlotBucket(partition: $0.below(Key.partitionCount), period: self.number(&$0))
            }
            return random.chance(perMille: 500) ? .series(query) : .slots(query, buckets)
        }
    }

    private static func answer(_ random: inout SplitMix64) -> ReadAnswer {
        let data = self.some(&random) { UInt8(truncatingIfNeeded: $0.next()) }
        switch random.below(7) {
        case 0:
            let chunks = self.some(&random) {
                TraceChunk(frame: self.frame(&$0), signal: .logs, data: data)
            }
            return .trace(TraceChunks(chunks: chunks, damagedFrames: random.below(9)))
        case 1:
            let hits = self.some(&random) { random in
                var hit = TraceHit(trace: random.traceID())
                hit.start = self.number(&random)
                hit.end = self.number(&random)
                hit.spanCount = random.below(99)
                if random.chance(perMille: 500) { hit.rootName = self.text(&random) }
                return hit
            }
            return .search(SearchAnswer(hits: hits, isComplete: random.chance(perMille: 500)))
        case 2: return .traceParts(self.some(&random) { self.parts(&$0) })
        case 3: return .values(self.some(&random) { self.text(&$0) })
        case 4:
            let chunks = self.some(&random) { random in
                let id = ChunkID(frame: self.frame(&random), key: Key(random.traceID()))
                return LogChunk(id: id, lastEnd: self.number(&random), count: 3, data: data)
            }
            return .logs(LogChunks(chunks: chunks, isComplete: random.chance(perMille: 500)))
        case 5: return .series(self.some(&random) { self.part(&$0) })
        default:
            return .slots(
                self.some(&random) { random in
                    SlotChunk(
                        id: ChunkID(frame: self.frame(&random), key: .service("a")),
                        hour: self.number(&random),
                        isRolledUp: random.chance(perMille: 500),
                        slots: self.some(&random) { self.slot(&$0) }
                    )
                }
            )
        }
    }

    private static func parts(_ random: inout SplitMix64) -> TraceParts {
        let chunks = self.some(&random) { random in
            var fact = ChunkFact(
                frame: self.frame(&random),
                start: self.number(&random),
                end: self.number(&random),
                itemCount: UInt32(random.below(99)),
                errorCount: .max,
                isRoot: random.chance(perMille: 500),
                service: random.chance(perMille: 500) ? self.text(&random) : nil,
                rootName: nil
            )
            fact.hasAttributes = random.chance(perMille: 500)
            return fact
        }
        return TraceParts(trace: random.traceID(), chunks: chunks)
    }

    private static func slot(_ random: inout SplitMix64) -> Slot {
        var histogram = ExponentialHistogram()
        for _ in 0..<random.below(9) { histogram.record(Double(random.below(99))) }
        let isCounter = random.chance(perMille: 500)
        return Slot(
            series: Series("m", unit: "s", kind: isCounter ? .counter : .histogram, subject: .service("a")),
            start: UInt64(random.below(99)) * Window.nanoseconds,
            part: UInt32(random.below(3)),
            value: isCounter ? .counter(nano: Int128(random.below(99))) : .histogram(histogram)
        )
    }

    private static func part(_ random: inout SplitMix64) -> SlotPart {
        var merger = SeriesMerger(SeriesQuery(step: 1))
        for slot in self.some(&random, { self.slot(&$0) }) { merger.add(slot) }
        return SlotPart(
            bucket: SlotBucket(partition: random.below(Key.partitionCount), period: self.number(&random)),
            count: self.number(&random),
            digest: random.next(),
            lines: merger.result
        )
    }

    @Test func `requests and answers come back as they were sent`() throws {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(500)) {
            var random = SplitMix64(seed: seed)
            let request = Self.request(&random)
            #expect(try Self.read(request: request.encoded) == request, "seed \(seed)")
            let answer = Self.answer(&random)
            #expect(try Self.read(answer: answer.encoded) == answer, "seed \(seed)")
        }
    }

    @Test func `whatever is cut off is refused, and what follows the end too`() throws {
        for seed in UInt64(1)...60 {
            var random = SplitMix64(seed: seed)
            let request = Self.request(&random).encoded
            let answer = Self.answer(&random).encoded
            for count in request.indices {
                #expect(throws: WireFailure.self) { try Self.read(request: Array(request.prefix(count))) }
            }
            for count in answer.indices {
                #expect(throws: WireFailure.self) { try Self.read(answer: Array(answer.prefix(count))) }
            }
            #expect(throws: WireFailure.tooMany(atByte: request.count)) {
                try Self.read(request: request + [0])
            }
            #expect(throws: WireFailure.tooMany(atByte: answer.count)) {
                try Self.read(answer: answer + [0])
            }
        }
    }

    @Test func `damage is refused or read as something else, never trapped on, and neither is its merge`() {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(3_000)) {
            var random = SplitMix64(seed: seed)
            var request = Self.request(&random).encoded
            var answer = Self.answer(&random).encoded
            for _ in 0...random.below(4) {
                request[random.below(request.count)] = UInt8(truncatingIfNeeded: random.next())
                answer[random.below(answer.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? ReadRequest(request.raw)
            guard let read = try? ReadAnswer(answer.raw) else { continue }
            switch read {
            case .trace(let chunks): _ = StoredTrace.united([chunks, chunks])
            case .logs(let chunks): _ = LogAnswer.united(LogQuery(), [chunks, chunks])
            case .search(let hits):
                var merge = SearchMerge(SearchQuery())
                merge.receive(SearchQuery(), [("a", hits)], missing: [])
                _ = merge.next
            case .traceParts(let parts):
                var merge = SearchMerge(SearchQuery())
                merge.receive(parts.map(\.trace), [parts, parts], missing: [])
                _ = merge.next
            case .series(let parts): _ = SeriesUnion(SeriesQuery(), [("a", parts), ("b", [])]).finish([])
            case .slots(let chunks): _ = SeriesUnion(SeriesQuery(), []).finish([("a", chunks)])
            case .values: break
            }
        }
    }

    @Test func `another version and another kind say so`() {
        let request = ReadRequest.trace(TraceID(high: 1, low: 2)).encoded
        let answer = ReadAnswer.values(["a"]).encoded
        #expect(throws: WireFailure.invalidTag(atByte: 0)) { try Self.read(request: [2] + request[1...]) }
        #expect(throws: WireFailure.invalidTag(atByte: 0)) { try Self.read(answer: [2] + answer[1...]) }
        #expect(throws: WireFailure.invalidTag(atByte: 1)) {
            try Self.read(request: [1, 99] + request[2...])
        }
        #expect(throws: WireFailure.invalidTag(atByte: 1)) { try Self.read(answer: [1, 99] + answer[2...]) }
    }

    @Test func `counts beyond their limits are refused before anything is made of them`() {
        var writer = ByteWriter()
        writer.byte(1)
        writer.byte(3)
        writer.byte(Signal.spans.rawValue)
        writer.varint(UInt64(ReadRequest.tracesMax) + 1)
        writer.bytes(Array(repeating: 0, count: 40_000))
        #expect(throws: WireFailure.tooMany(atByte: 3)) { try Self.read(request: writer.bytes) }
        var answer = ByteWriter()
        answer.byte(1)
        answer.byte(4)
        answer.varint(.max)
        #expect(throws: WireFailure.tooMany(atByte: 2)) { try Self.read(answer: answer.bytes) }
    }
}
