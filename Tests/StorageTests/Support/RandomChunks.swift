import Storage
import Telemetry
import TestSupport
import Workload

/// Random traces as frames, and what a naive reader knows of each chunk.
struct RandomChunks {
    struct Chunk {
        var frame: Int
        var key: Key
        var spans: [TestSpan]

        var start: UInt64 { self.spans.map(\.start).min() ?? 0 }
        var end: UInt64 { self.spans.map { max($0.start, $0.end) }.max() ?? 0 }
        var isError: Bool { self.spans.contains(where: \.isError) }

        func has(_ term: Term) -> Bool {
            self.spans.contains { span in
                switch term.field {
                case .service: span.service == term.value
                case .operation: span.service + "\0" + span.name == term.value
                case .session: span.attributes["session.id"] == term.value
                case .route: span.attributes["http.route"] == term.value
                case .tool: span.attributes["gen_ai.tool.name"] == term.value
                default: false
                }
            }
        }
    }

    static let services = ["checkout", "cart", "pay", "zahlung-é"]
    private(set) var frames: [SealedFrame] = []
    /// In the order in which an index sees them.
    private(set) var chunks: [Chunk] = []

    init(seed: UInt64, traces: Int) throws {
        var random = SplitMix64(seed: seed)
        let edge = TestEdge(run: seed)
        let ids = (0..<traces).map { _ in random.traceID() }
        for _ in 0..<(2 + random.below(8)) {
            var spans: [TestSpan] = []
            for id in ids where random.chance(perMille: 400) {
                for _ in 0...random.below(4) { spans.append(Self.span(id, &random)) }
            }
            for frame in try edge.spans(spans) {
                for entry in frame.frame.entries {
                    let id = TraceID(high: entry.key.high, low: entry.key.low)
                    self.chunks.append(
                        Chunk(
                            frame: self.frames.count,
                            key: entry.key,
                            spans: spans.filter { $0.trace == id }
                        )
                    )
                }
                self.frames.append(frame)
            }
        }
    }

    static func span(_ trace: TraceID, _ random: inout SplitMix64) -> TestSpan {
        var span = TestSpan(trace: trace, span: random.spanID().bits)
        span.service = self.services[random.below(self.services.count)]
        span.name = "op \(random.below(6))"
        span.start += UInt64(random.below(100)) * 1_000_000
        span.end = span.start + UInt64(random.below(1 << 26))
        span.isError = random.chance(perMille: 100)
        span.parent = random.chance(perMille: 700) ? random.next() : 0
        if random.chance(perMille: 300) { span.attributes["session.id"] = "ses_\(random.below(5))" }
        if random.chance(perMille: 300) { span.attributes["http.route"] = "/r\(random.below(5))" }
        if random.chance(perMille: 300) { span.attributes["gen_ai.tool.name"] = "tool \(random.below(5))" }
        return span
    }

    static func query(_ random: inout SplitMix64) -> SearchQuery {
        var query = SearchQuery(limit: 1 + random.below(60))
        let base: UInt64 = 1_700_000_000_000_000_000
        for _ in 0..<random.below(3) { query.terms.append(self.term(&random)) }
        if random.chance(perMille: 300) { query.from = base + UInt64(random.below(120)) * 1_000_000 }
        if random.chance(perMille: 300) { query.to = base + UInt64(random.below(120)) * 1_000_000 }
        if random.chance(perMille: 300) { query.minDuration = UInt64(random.below(1 << 26)) }
        if random.chance(perMille: 300) { query.maxDuration = UInt64(random.below(1 << 27)) }
        query.onlyErrors = random.chance(perMille: 200)
        return query
    }

    private static func term(_ random: inout SplitMix64) -> Term {
        switch random.below(5) {
        case 0: Term(.service, (self.services + ["nobody"])[random.below(5)])
        case 1: .operation(service: self.services[random.below(4)], name: "op \(random.below(7))")
        case 2: Term(.session, "ses_\(random.below(6))")
        case 3: Term(.route, "/r\(random.below(6))")
        default: Term(.tool, "tool \(random.below(6))")
        }
    }

    /// Each chunk's trace at the number of its first chunk, and nil at those of further ones.
    var traces: [Chunk?] {
        var first: [Key: Int] = [:]
        var traces: [Chunk?] = []
        for (number, chunk) in self.chunks.enumerated() {
            if let known = first[chunk.key] {
                traces[known]?.spans += chunk.spans
                traces.append(nil)
            } else {
                first[chunk.key] = number
                traces.append(chunk)
            }
        }
        return traces
    }

    /// An index of all frames, at places that grow by their lengths.
    func index() throws -> SegmentIndex {
        var index = SegmentIndex()
        var offset = SegmentHeader.byteCount
        for frame in self.frames {
            let payload = try frame.frame.payload(frame.bytes.raw)
            index.add(frame.frame, offset: offset, payload: payload)
            offset += frame.bytes.count
        }
        return index
    }
}
