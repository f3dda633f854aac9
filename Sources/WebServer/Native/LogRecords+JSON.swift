internal import OTLP
internal import OTLPMessages
internal import SwiftProtobuf
internal import Telemetry

extension JSONWriter {
    /// The records of LogsData, newest first; null where the bytes do not decode.
    mutating func logRecords(_ bytes: [UInt8], limit: Int = .max) {
        guard let data = try? OTLPLogsData(serializedBytes: bytes) else { return self.null() }
        let records = data.resourceLogs.flatMap { group in
            group.scopeLogs.flatMap { scope in scope.logRecords.map { (group.resource, scope.scope, $0) } }
        }.sorted { Self.time($0.2) > Self.time($1.2) }
        self.array(of: Array(records.prefix(limit))) { list, line in
            let (resource, scope, record) = line
            list.object { body in
                body.key("time")
                body.timestamp(unixNanoseconds: Self.time(record))
                body.member("service", resource.serviceName)
                body.member("severity_number", record.severityNumber.rawValue)
                body.member(
                    "severity",
                    record.severityText.isEmpty
                        ? SeverityName.text(UInt8(clamping: record.severityNumber.rawValue))
                        : record.severityText
                )
                body.key("body")
                body.attributeValue(record.body)
                body.member("event_name", record.eventName)
                body.key("trace_id")
                body.hex(record.traceID)
                body.key("span_id")
                body.hex(record.spanID)
                body.key("attributes")
                body.attributes(record.attributes)
                body.key("resource")
                body.attributes(resource.attributes)
                body.member("scope", scope.name)
            }
        }
    }

    private static func time(_ record: OTLPLogRecord) -> UInt64 {
        record.timeUnixNano == 0 ? record.observedTimeUnixNano : record.timeUnixNano
    }
}
