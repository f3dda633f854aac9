/// What Jaeger's search page shows of a trace.
package struct JaegerTraceSummary: Equatable, Sendable {
    /// One service's part of the trace.
    package struct Service: Equatable, Sendable {
        package var name: String
        package var spanCount: Int
        package var errorSpanCount: Int

        /// Makes a service's part.
        package init(name: String, spanCount: Int, errorSpanCount: Int) {
            self.name = name
            self.spanCount = spanCount
            self.errorSpanCount = errorSpanCount
        }
    }

    /// 16 bytes.
    package var traceID: [UInt8]
    package var rootServiceName: String
    package var rootOperationName: String
    /// Unix time in nanoseconds.
    package var minStartUnixNanoseconds: UInt64
    /// Unix time in nanoseconds.
    package var maxEndUnixNanoseconds: UInt64
    package var spanCount: Int
    package var errorSpanCount: Int
    /// Spans whose parent is not there.
    package var orphanSpanCount: Int
    /// In any order; they are written by name.
    package var services: [Service]

    /// Makes a summary.
    package init(
        traceID: [UInt8],
        rootServiceName: String,
        rootOperationName: String,
        minStartUnixNanoseconds: UInt64,
        maxEndUnixNanoseconds: UInt64,
        spanCount: Int,
        errorSpanCount: Int,
        orphanSpanCount: Int,
        services: [Service]
    ) {
        self.traceID = traceID
        self.rootServiceName = rootServiceName
        self.rootOperationName = rootOperationName
        self.minStartUnixNanoseconds = minStartUnixNanoseconds
        self.maxEndUnixNanoseconds = maxEndUnixNanoseconds
        self.spanCount = spanCount
        self.errorSpanCount = errorSpanCount
        self.orphanSpanCount = orphanSpanCount
        self.services = services
    }
}

extension JSONWriter {
    mutating func jaegerSummary(_ summary: JaegerTraceSummary) {
        self.beginObject()
        self.key("traceId")
        self.hex(summary.traceID)
        self.member("rootServiceName", summary.rootServiceName)
        self.member("rootOperationName", summary.rootOperationName)
        self.key("minStartTimeUnixNano")
        self.quotedInteger(summary.minStartUnixNanoseconds)
        self.key("maxEndTimeUnixNano")
        self.quotedInteger(summary.maxEndUnixNanoseconds)
        self.member("spanCount", summary.spanCount)
        self.member("errorSpanCount", summary.errorSpanCount)
        self.member("orphanSpanCount", summary.orphanSpanCount)
        self.key("services")
        self.array(of: summary.services.sorted { $0.name < $1.name }) { writer, service in
            writer.object { body in
                body.member("name", service.name)
                body.member("spanCount", service.spanCount)
                body.member("errorSpanCount", service.errorSpanCount)
            }
        }
        self.endObject()
    }
}
