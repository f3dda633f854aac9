package import OTLPMessages

/// One trace in Jaeger's older JSON, after ``JaegerMapping``.
package enum JaegerTrace {
    /// The trace object as JSON.
    package static func json(of trace: OTLPTracesData) -> [UInt8] {
        var writer = JSONWriter(capacityBytes: 4_096)
        writer.jaegerTrace(trace)
        return writer.bytes
    }
}

extension JSONWriter {
    /// Writes one trace as Jaeger's older JSON has it.
    ///
    /// All spans belong to one trace; its id is that of the first. Identical processes are written once and named p1,
    /// p2 and so on in the order in which they come.
    package mutating func jaegerTrace(_ trace: OTLPTracesData) {
        var processes = JaegerProcesses()
        self.beginObject()
        self.key("traceID")
        self.hex(trace.firstSpan?.traceID ?? OTLPSpan().traceID)
        self.key("spans")
        self.beginArray()
        for resourceSpans in trace.resourceSpans
        where resourceSpans.scopeSpans.contains(where: { !$0.spans.isEmpty }) {
            let process = processes.name(of: resourceSpans.resource)
            for scopeSpans in resourceSpans.scopeSpans {
                for span in scopeSpans.spans { self.jaegerSpan(span, scopeSpans.scope, process: process) }
            }
        }
        self.endArray()
        self.key("processes")
        self.object { writer in
            for (index, process) in processes.bodies.enumerated() {
                writer.key(JaegerProcesses.name(at: index))
                writer.value(encoded: process)
            }
        }
        self.key("warnings")
        self.null()
        self.endObject()
    }
}

extension OTLPTracesData {
    fileprivate var firstSpan: OTLPSpan? {
        for resourceSpans in self.resourceSpans {
            for scopeSpans in resourceSpans.scopeSpans {
                if let span = scopeSpans.spans.first { return span }
            }
        }
        return nil
    }
}
