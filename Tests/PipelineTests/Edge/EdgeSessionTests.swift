import Pipeline
import Telemetry
import TestSupport
import Testing

@Suite struct EdgeSessionTests {
    @Test(arguments: [
        "gen_ai.conversation.id", "session.id", "session_id", "traceloop.association.properties.session_id",
        "ai.telemetry.metadata.sessionId",
    ])
    func `sessions are counted once each, per service, in every dialect`(_ key: String) throws {
        let edge = TestEdge()
        var spans: [TestSpan] = []
        for number in UInt64(0)..<300 {
            spans.append(Self.span(number, "shop", [key: "secret \(number % 30)"]))
            spans.append(Self.span(1_000 + number, "bank", [key: "secret \(number % 7)"]))
        }
        _ = try edge.spans(spans)
        let slots = try Self.sessions(edge.finish(at: TestEdge.epoch))
        #expect(slots.map(\.series.subject) == [.service("bank"), .service("shop")])
        #expect(slots.allSatisfy { $0.series.unit == "{session}" && $0.series.attributes.isEmpty })
        #expect(slots.map { Self.estimate($0) } == [7, 30])
    }

    @Test func `the same session at two edges counts once when they are merged`() throws {
        var total = SlotValue.distinct(HyperLogLog())
        for run in UInt64(1)...2 {
            let edge = TestEdge(run: run)
            let spans = (0..<20).map { Self.span($0, "shop", ["session.id": "s\($0 + 10 * run)"]) }
            _ = try edge.spans(spans)
            for slot in try Self.sessions(edge.finish(at: TestEdge.epoch)) { total.merge(slot.value) }
        }
        guard case .distinct(let sketch) = total else { return }
        #expect(sketch.estimate.rounded() == 30)
    }

    @Test func `spans without a session, or with an empty one, make no series`() throws {
        let edge = TestEdge()
        _ = try edge.spans([
            Self.span(1, "shop", [:]), Self.span(2, "shop", ["session.id": ""]),
            Self.span(3, "shop", ["gen_ai.request.model": "m"]),
        ])
        #expect(try Self.sessions(edge.finish(at: TestEdge.epoch)).isEmpty == true)
    }

    @Test func `a new window counts anew, and the first version of frames has no sessions`() throws {
        let edge = TestEdge()
        _ = try edge.spans([Self.span(1, "shop", ["session.id": "a"])])
        #expect(try Self.sessions(edge.finish(at: TestEdge.epoch)).count == 1)
        #expect(try Self.sessions(edge.finish(at: TestEdge.epoch)).isEmpty == true)
        let old = TestEdge(frameVersionMax: 1)
        _ = try old.spans([Self.span(1, "shop", ["session.id": "a"])])
        #expect(try Self.sessions(old.finish(at: TestEdge.epoch)).isEmpty == true)
    }

    @Test func `an id far longer than a label is told apart to its end`() throws {
        let edge = TestEdge()
        let long = String(repeating: "x", count: 5_000)
        _ = try edge.spans([
            Self.span(1, "shop", ["session.id": long + "1"]),
            Self.span(2, "shop", ["session.id": long + "2"]),
        ])
        #expect(try Self.sessions(edge.finish(at: TestEdge.epoch)).map { Self.estimate($0) } == [2])
    }

    private static func span(_ number: UInt64, _ service: String, _ attributes: [String: String]) -> TestSpan
    {
        TestSpan(
            trace: TraceID(high: 1, low: number + 1),
            span: number + 1,
            service: service,
            attributes: attributes
        )
    }

    /// By the estimate, so that the order of services says nothing.
    private static func sessions(_ slots: [Slot]) -> [Slot] {
        slots.filter { $0.series.name == MetricName.sessions }.sorted {
            self.estimate($0) < self.estimate($1)
        }
    }

    private static func estimate(_ slot: Slot) -> Double {
        guard case .distinct(let sketch) = slot.value else { return -1 }
        return sketch.estimate.rounded()
    }
}
