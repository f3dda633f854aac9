import OTLP
import OTLPMessages
import Testing

@testable import WebServer

@Suite struct ServiceGraphTests {
    /// A trace of spans by service, id and parent; parent 0 for none.
    private func trace(_ spans: [(service: String, id: UInt8, parent: UInt8)]) -> OTLPTracesData {
        var trace = OTLPTracesData()
        for line in spans {
            var span = OTLPSpan()
            span.spanID = .init([line.id])
            if line.parent != 0 { span.parentSpanID = .init([line.parent]) }
            var scope = OTLPScopeSpans()
            scope.spans = [span]
            var name = OTLPKeyValue()
            name.key = "service.name"
            name.value.stringValue = line.service
            var group = OTLPResourceSpans()
            group.resource.attributes = [name]
            group.scopeSpans = [scope]
            trace.resourceSpans.append(group)
        }
        return trace
    }

    @Test func `a call is a span whose parent belongs to another service`() {
        var graph = ServiceGraph()
        graph.add(
            self.trace([
                ("web", 1, 0), ("web", 2, 1), ("shop", 3, 2), ("shop", 4, 2), ("db", 5, 4), ("x", 6, 99),
            ])
        )
        graph.add(self.trace([("web", 1, 0), ("shop", 2, 1), ("web", 3, 2)]))
        let shown = graph.dependencies.map { "\($0.parent)>\($0.child) \($0.callCount)" }
        #expect(shown == ["shop>db 1", "shop>web 1", "web>shop 3"])
    }

    @Test func `no spans are no calls`() {
        var graph = ServiceGraph()
        graph.add(OTLPTracesData())
        graph.add(self.trace([("web", 1, 1)]))
        #expect(graph.dependencies.isEmpty)
    }
}
