package import OTLPMessages

/// The bodies of Jaeger's older query API: `/api/services`, `/api/traces` and their like.
package enum JaegerAnswer {
    /// A call from one service to another, as `/api/dependencies` lists them.
    package struct Dependency: Equatable, Sendable {
        package var parent: String
        package var child: String
        package var callCount: UInt64

        /// Makes a dependency.
        package init(parent: String, child: String, callCount: UInt64) {
            self.parent = parent
            self.child = child
            self.callCount = callCount
        }
    }

    /// Something that went wrong, beside the data or in place of it.
    package struct Failure: Equatable, Sendable {
        /// An HTTP status; 0 is left out.
        package var code: Int
        package var message: String
        /// The trace it concerns, in hexadecimal; empty is left out.
        package var traceID: String

        /// Makes a failure.
        package init(code: Int = 0, message: String, traceID: String = "") {
            self.code = code
            self.message = message
            self.traceID = traceID
        }
    }

    /// Traces that were found, or the one that was asked for.
    ///
    /// The limit is that of the search, 0 when there was none.
    package static func traces(
        _ traces: [OTLPTracesData],
        limit: Int = 0,
        failures: [Failure] = []
    ) -> [UInt8] {
        self.envelope(total: traces.count, limit: limit, failures) { writer in
            writer.array(of: traces) { $0.jaegerTrace($1) }
        }
    }

    /// The names of services.
    package static func services(_ names: [String]) -> [UInt8] {
        self.envelope(total: names.count) { writer in writer.array(of: names) { $0.string($1) } }
    }

    /// The names of one service's operations, as `/api/services/{service}/operations` gives them.
    package static func operations(_ names: [String]) -> [UInt8] {
        self.services(names)
    }

    /// The operations of one service with their kinds, as `/api/operations` gives them.
    package static func operations(_ operations: [JaegerOperation]) -> [UInt8] {
        self.envelope(total: operations.count) { writer in
            writer.array(of: operations) { $0.jaegerOperation($1) }
        }
    }

    /// Who calls whom.
    package static func dependencies(_ dependencies: [Dependency]) -> [UInt8] {
        self.envelope(total: dependencies.count) { writer in
            writer.array(of: dependencies) { writer, dependency in
                writer.object { link in
                    link.member("parent", dependency.parent)
                    link.member("child", dependency.child)
                    link.key("callCount")
                    link.integer(dependency.callCount)
                }
            }
        }
    }

    /// A refusal: no data, one failure.
    package static func failure(_ failure: Failure) -> [UInt8] {
        self.envelope(total: 0, [failure]) { $0.null() }
    }

    private static func envelope(
        total: Int,
        limit: Int = 0,
        _ failures: [Failure] = [],
        data: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(capacityBytes: 4_096)
        writer.beginObject()
        writer.key("data")
        data(&writer)
        writer.member("total", total)
        writer.member("limit", limit)
        writer.member("offset", 0)
        writer.key("errors")
        if failures.isEmpty {
            writer.null()
        } else {
            writer.array(of: failures) { writer, failure in
                writer.beginObject()
                if failure.code != 0 { writer.member("code", failure.code) }
                writer.member("msg", failure.message)
                if !failure.traceID.isEmpty { writer.member("traceID", failure.traceID) }
                writer.endObject()
            }
        }
        writer.endObject()
        return writer.bytes
    }
}
