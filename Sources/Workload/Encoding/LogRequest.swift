/// Encodes log records as an ExportLogsServiceRequest, grouped by service.
enum LogRequest {
    static func encode(_ records: [LogDraft], of fleet: Fleet) -> [UInt8] {
        var groups: [Int: [Int]] = [:]
        for (index, record) in records.enumerated() { groups[record.service, default: []].append(index) }
        var writer = ProtobufWriter(reserving: records.count * 256)
        for (service, members) in groups.sorted(by: { $0.key < $1.key }) {
            writer.message(1, reserving: 3) { group in
                group.append(fleet.services[service].resourceField)
                group.message(2, reserving: 3) { scopeGroup in
                    scopeGroup.scope(.application)
                    for index in members { scopeGroup.log(records[index]) }
                }
            }
        }
        return writer.bytes
    }
}

extension ProtobufWriter {
    /// A LogRecord of a scope group (logs.proto).
    fileprivate mutating func log(_ record: LogDraft) {
        self.message(2, reserving: 2) { message in
            message.fixed64(1, record.time)
            message.integer(2, record.severity.number)
            message.text(3, record.severity.text)
            message.anyValue(5, .text(record.body))
            message.attributes(6, record.attributes)
            if let trace = record.trace, let span = record.span {
                message.fixed32(8, 1)
                message.traceID(9, trace)
                message.spanID(10, span)
            }
            message.fixed64(11, record.observed)
            if let event = record.event { message.text(12, event) }
        }
    }
}
