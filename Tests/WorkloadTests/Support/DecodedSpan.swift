import FoundationEssentials
import OTLPMessages
import SwiftProtobuf

@testable import Workload

/// A span as the specification's own messages read it, with the names of what it belongs to.
struct DecodedSpan {
    var span: OTLPSpan
    var service: String
    var scope: String

    /// Ids as text, so that they can be keys.
    var id: [UInt8] { [UInt8](self.span.spanID) }
    var parent: [UInt8] { [UInt8](self.span.parentSpanID) }
    var trace: [UInt8] { [UInt8](self.span.traceID) }
    var isError: Bool { self.span.status.code == .error }
    var isRoot: Bool { self.span.parentSpanID.isEmpty }

    func attribute(_ key: String) -> OTLPAnyValue? {
        self.span.attributes.first { $0.key == key }?.value
    }

    static func all(in batch: Batch) throws -> [DecodedSpan] { try self.all(in: batch.bytes) }

    static func all(in bytes: [UInt8]) throws -> [DecodedSpan] {
        let request = try OTLPExportTraceServiceRequest(serializedBytes: bytes)
        return request.resourceSpans.flatMap { group in
            let service = group.resource.serviceName
            return group.scopeSpans.flatMap { scope in
                scope.spans.map { DecodedSpan(span: $0, service: service, scope: scope.scope.name) }
            }
        }
    }
}

extension OTLPResource {
    var serviceName: String {
        self.attributes.first { $0.key == "service.name" }?.value.stringValue ?? ""
    }
}

extension Sequence<DecodedSpan> {
    var byTrace: [[UInt8]: [DecodedSpan]] { Dictionary(grouping: self) { $0.trace } }
    var byID: [[UInt8]: DecodedSpan] { Dictionary(self.map { ($0.id, $0) }) { first, _ in first } }
}
