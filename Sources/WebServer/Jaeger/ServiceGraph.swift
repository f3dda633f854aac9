internal import OTLP
internal import OTLPMessages

/// Counts who calls whom: a span whose parent belongs to another service is a call.
struct ServiceGraph {
    private var calls: [[String]: UInt64] = [:]

    mutating func add(_ trace: OTLPTracesData) {
        var serviceOfSpan: [[UInt8]: String] = [:]
        for group in trace.resourceSpans {
            for span in group.scopeSpans.flatMap(\.spans) {
                serviceOfSpan[Array(span.spanID)] = group.resource.serviceName
            }
        }
        for group in trace.resourceSpans {
            for span in group.scopeSpans.flatMap(\.spans) {
                guard let parent = serviceOfSpan[Array(span.parentSpanID)],
                    parent != group.resource.serviceName
                else {
                    continue
                }
                self.calls[[parent, group.resource.serviceName], default: 0] += 1
            }
        }
    }

    var dependencies: [JaegerAnswer.Dependency] {
        self.calls.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { pair, count in
            JaegerAnswer.Dependency(parent: pair[0], child: pair[1], callCount: count)
        }
    }
}
