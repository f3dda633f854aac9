import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@testable import Workload

@Suite struct AgentLogTests {
    private func records(in batch: Batch) throws -> [(service: String, record: OTLPLogRecord)] {
        try OTLPExportLogsServiceRequest(serializedBytes: batch.bytes).resourceLogs.flatMap { group in
            group.scopeLogs.flatMap { $0.logRecords.map { (group.resource.serviceName, $0) } }
        }
    }

    @Test func `records tell of the spans of the last batch, in the same service`() throws {
        var options = AgentScenarioOptions()
        options.failuresPerMille = 100
        var scenario = try AgentScenario(options)
        _ = scenario.spans(300, at: now)
        let traces = scenario.spans(300, at: now)
        let spans = try DecodedSpan.all(in: traces).byID
        let batch = scenario.logs(800, at: now)
        let records = try self.records(in: batch)
        #expect(batch.signal == .logs)
        #expect(records.count == 800 && batch.itemCount == 800)
        let tied = records.filter { !$0.record.traceID.isEmpty }
        // Of 800, one in eight is outside: ten standard deviations are 94.
        #expect((606...794).contains(tied.count))
        for (service, record) in tied {
            let span = try #require(spans[[UInt8](record.spanID)])
            #expect(span.trace == [UInt8](record.traceID))
            #expect(span.service == service)
            #expect(record.timeUnixNano == span.span.endTimeUnixNano)
            #expect((record.severityNumber == .error) == span.isError)
        }
        let loose = records.filter { $0.record.traceID.isEmpty }
        #expect(loose.allSatisfy { $0.record.spanID.isEmpty && $0.record.flags == 0 })
        #expect(records.count { $0.record.severityNumber == .error } == batch.errorCount)
        #expect(batch.errorCount > 0)
        #expect(Set(batch.traceIDs.map(\.octets)) == Set(tied.map { [UInt8]($0.record.traceID) }))
        #expect(Set(batch.traceIDs).isSubset(of: traces.traceIDs))
    }

    @Test func `without spans all records are outside traces`() throws {
        var scenario = try AgentScenario(AgentScenarioOptions())
        let batch = scenario.logs(50, at: now)
        #expect(batch.itemCount == 50 && batch.traceIDs == [])
        #expect(try self.records(in: batch).allSatisfy { $0.record.traceID.isEmpty })
        #expect(try self.records(in: batch).allSatisfy { $0.record.timeUnixNano <= now.nanoseconds })
    }
}
