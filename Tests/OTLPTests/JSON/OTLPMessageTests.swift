import Testing

@testable import OTLP

@Suite struct OTLPMessageTests {
    private static let common = "opentelemetry/proto/common/v1/common.proto"
    private static let trace = "opentelemetry/proto/trace/v1/trace.proto"
    private static let logs = "opentelemetry/proto/logs/v1/logs.proto"
    private static let metrics = "opentelemetry/proto/metrics/v1/metrics.proto"

    /// Where each message of the table is stated.
    private static func source(of message: OTLPMessage) -> (file: String, name: String) {
        let name = "\(message)"
        let capitalised = name.prefix(1).uppercased() + name.dropFirst()
        switch message {
        case .scope: return (Self.common, "InstrumentationScope")
        case .anyValue, .arrayValue, .keyValueList, .keyValue, .entityRef: return (Self.common, capitalised)
        case .resource: return ("opentelemetry/proto/resource/v1/resource.proto", capitalised)
        case .tracesData, .resourceSpans, .scopeSpans, .span, .event, .link, .status:
            return (Self.trace, capitalised)
        case .logsData, .resourceLogs, .scopeLogs, .logRecord: return (Self.logs, capitalised)
        case .traceResponse, .metricsResponse, .logsResponse:
            let signal = String(capitalised.dropLast("Response".count))
            return (Self.service(signal), "Export\(signal)ServiceResponse")
        case .tracePartialSuccess, .metricsPartialSuccess, .logsPartialSuccess:
            return (
                Self.service(String(capitalised.dropLast("PartialSuccess".count))), "Export" + capitalised
            )
        case .rpcStatus: return ("google/rpc/status.proto", "Status")
        default: return (Self.metrics, capitalised)
        }
    }

    private static func service(_ signal: String) -> String {
        "opentelemetry/proto/collector/\(signal.lowercased())/v1/\(signal.lowercased())_service.proto"
    }

    private static func type(of field: OTLPField) -> String {
        switch field.kind {
        case .bytes, .id: "bytes"
        case .enumeration(.spanKind): "SpanKind"
        case .enumeration(.statusCode): "StatusCode"
        case .enumeration(.severityNumber): "SeverityNumber"
        case .enumeration(.aggregationTemporality): "AggregationTemporality"
        case .message(let message): Self.source(of: message).name
        case .any: "Any"
        default: "\(field.kind)"
        }
    }

    private static func label(of field: OTLPField) -> String {
        switch (field.presence, field.kind) {
        case (.optional, .message), (.implicit, _): ""
        case (let presence, _): "\(presence)"
        }
    }

    @Test(arguments: OTLPMessage.allCases)
    func `each message has the fields of its proto file`(message: OTLPMessage) throws {
        let (file, name) = Self.source(of: message)
        let stated = try #require(try ProtoFile(file).messages[name])
        let ours = message.fields.map { field in
            ProtoFile.Field(
                name: field.protobufName,
                type: Self.type(of: field),
                label: Self.label(of: field),
                number: Int(field.number)
            )
        }
        #expect(ours == stated)
    }

    @Test(arguments: OTLPMessage.allCases)
    func `ids and nothing else are hexadecimal`(message: OTLPMessage) {
        for field in message.fields {
            if case .id = field.kind {
                #expect(["traceId", "spanId", "parentSpanId"].contains(field.name))
            } else {
                #expect(!["traceId", "spanId", "parentSpanId"].contains(field.name))
            }
        }
    }

    @Test func `names of enumerations have the numbers of their proto files`() throws {
        let files = [
            Self.trace: ["SpanKind", "StatusCode"], Self.logs: ["SeverityNumber"],
            Self.metrics: ["AggregationTemporality"],
        ]
        let ours: [String: OTLPEnumeration] = [
            "SpanKind": .spanKind, "StatusCode": .statusCode, "SeverityNumber": .severityNumber,
            "AggregationTemporality": .aggregationTemporality,
        ]
        for (file, names) in files.sorted(by: { $0.key < $1.key }) {
            for name in names {
                let stated = try #require(try ProtoFile(file).enumerations[name])
                let enumeration = try #require(ours[name])
                for (valueName, value) in stated {
                    #expect(enumeration.value(named: Array(valueName.utf8).span) == value, "\(valueName)")
                }
                #expect(stated.count == Set(stated.values).count)
            }
        }
    }

    @Test func `no name is longer than a lookup can hold`() {
        for message in OTLPMessage.allCases {
            for field in message.fields {
                #expect(field.name.utf8.count <= OTLPSchema.Name.bytesMax)
                #expect(field.protobufName.utf8.count <= OTLPSchema.Name.bytesMax)
            }
        }
    }

    @Test(arguments: [OTLPMessage.tracesData, .metricsData, .logsData])
    func `an outermost message reserves no length`(message: OTLPMessage) {
        #expect(message.lengthBytesGuess == 0)
    }
}
