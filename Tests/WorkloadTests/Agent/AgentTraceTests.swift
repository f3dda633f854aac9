import OTLPMessages
import Telemetry
import Testing

@testable import Workload

/// What the traces of a scenario look like.
@Suite struct AgentTraceTests {
    private let spans: [DecodedSpan]
    private let byID: [[UInt8]: DecodedSpan]

    init() throws {
        var options = AgentScenarioOptions()
        options.seed = 12
        options.failuresPerMille = 60
        var scenario = try AgentScenario(options)
        self.spans = try (0..<8).flatMap { _ in try DecodedSpan.all(in: scenario.spans(1_000, at: now)) }
        self.byID = self.spans.byID
    }

    private func parentName(_ span: DecodedSpan) -> String { self.byID[span.parent]?.span.name ?? "" }

    @Test func `a turn has the agent's steps, one below the other`() throws {
        let parents = [
            ("brain.process_input", "invoke_agent neo-clone"),
            ("brain.intent_recognition", "brain.process_input"),
            ("brain.context_retrieval", "brain.process_input"),
            ("brain.skill_execution", "brain.process_input"),
            ("memory.search", "brain.context_retrieval"),
        ]
        for (name, parent) in parents {
            let found = self.spans.filter { $0.span.name == name }
            #expect(!found.isEmpty, "\(name)")
            #expect(found.allSatisfy { self.parentName($0) == parent }, "\(name)")
            #expect(found.allSatisfy { $0.service == "neo-clone" }, "\(name)")
        }
        let skills = self.spans.filter { $0.span.name.hasPrefix("skill.") }
        let tools = self.spans.filter { $0.span.name.hasPrefix("execute_tool ") }
        #expect(skills.count > 100 && tools.count > 100)
        #expect(skills.allSatisfy { self.parentName($0) == "brain.skill_execution" })
        #expect(tools.allSatisfy { self.parentName($0).hasPrefix("skill.") && $0.span.kind == .internal })
        #expect(self.spans.filter(\.isRoot).allSatisfy { $0.span.name == "invoke_agent neo-clone" })
    }

    @Test func `an inference says who answered and what it took`() throws {
        let chats = self.spans.filter { $0.span.name.hasPrefix("chat ") }
        #expect(chats.count > 500)
        for chat in chats {
            #expect(chat.span.kind == .client)
            #expect(chat.attribute("gen_ai.operation.name")?.stringValue == "chat")
            let model = try #require(chat.attribute("gen_ai.request.model")).stringValue
            #expect(chat.span.name == "chat " + model)
            #expect(chat.attribute("gen_ai.provider.name")?.stringValue.isEmpty == false)
            guard !chat.isError else { continue }
            let input = try #require(chat.attribute("gen_ai.usage.input_tokens")).intValue
            let cached = try #require(chat.attribute("gen_ai.usage.cache_read.input_tokens")).intValue
            let output = try #require(chat.attribute("gen_ai.usage.output_tokens")).intValue
            #expect(input > 0 && output > 0 && (0...input).contains(cached))
            let reasons = try #require(chat.attribute("gen_ai.response.finish_reasons")).arrayValue.values
            #expect(["stop", "tool_calls", "length"].contains(reasons.first?.stringValue))
            let seconds = Double(chat.span.endTimeUnixNano - chat.span.startTimeUnixNano) / 1e9
            let first = try #require(chat.attribute("gen_ai.response.time_to_first_chunk")).doubleValue
            #expect(first > 0 && first <= seconds)
        }
        // A session is named by all its spans of the agent's.
        let sessions = Set(self.spans.compactMap { $0.attribute("gen_ai.conversation.id")?.stringValue })
        #expect(sessions.count > 10)
    }

    @Test func `a request served hangs under the client span of another service`() throws {
        let served = self.spans.filter { $0.span.kind == .server }
        #expect(served.count > 500)
        for server in served {
            let client = try #require(self.byID[server.parent])
            #expect(client.span.kind == .client && client.scope == server.scope)
            #expect(client.service != server.service)
            for key in ["http.request.method", "http.response.status_code"] {
                #expect(client.attribute(key) == server.attribute(key) && server.attribute(key) != nil)
            }
            let route = try #require(server.attribute("http.route")).stringValue
            #expect(server.span.name.hasSuffix(" " + route))
            #expect((server.attribute("http.response.status_code")?.intValue ?? 0 >= 500) == server.isError)
        }
        let statements = self.spans.filter { $0.attribute("db.system.name") != nil }
        #expect(statements.count > 200)
        #expect(statements.allSatisfy { $0.span.kind == .client })
    }

    @Test func `a failure has a type, a message and, where it arose, an exception`() throws {
        let failed = self.spans.filter(\.isError)
        #expect(failed.count > 100)
        for span in failed {
            #expect(span.attribute("error.type")?.stringValue.isEmpty == false)
            #expect(!span.span.status.message.isEmpty)
        }
        for span in self.spans where !span.span.events.isEmpty {
            #expect(span.isError)
            let event = try #require(span.span.events.first)
            #expect(event.name == "exception")
            #expect(event.timeUnixNano == span.span.endTimeUnixNano)
            #expect(event.attributes.map(\.key).contains("exception.stacktrace"))
        }
        // No failure comes out of nothing: below each failed span, or in it, an exception was raised.
        var raised = Set(self.spans.filter { !$0.span.events.isEmpty }.map(\.id))
        for var span in self.spans where !span.span.events.isEmpty {
            while let parent = self.byID[span.parent] {
                raised.insert(parent.id)
                span = parent
            }
        }
        #expect(failed.allSatisfy { raised.contains($0.id) })
    }

    @Test func `some failed requests are tried again, and some calls run side by side`() throws {
        let retries = self.spans.filter { $0.attribute("http.request.resend_count")?.intValue == 1 }
        #expect(!retries.isEmpty)
        for retry in retries {
            let first = try #require(
                self.spans.first {
                    $0.parent == retry.parent && $0.attribute("url.full") == retry.attribute("url.full")
                }
            )
            #expect(first.isError && first.span.endTimeUnixNano < retry.span.startTimeUnixNano)
        }
        let siblings = Dictionary(grouping: self.spans.filter { !$0.isRoot }) { $0.parent }
        let overlapping = siblings.values.contains { children in
            Set(children.map(\.span.startTimeUnixNano)).count < children.count
        }
        #expect(overlapping)
    }

    @Test func `durations spread widely and some calls are slow`() {
        let durations = self.spans.filter { $0.span.kind == .server }
            .map { Double($0.span.endTimeUnixNano - $0.span.startTimeUnixNano) }.sorted()
        let median = durations[durations.count / 2]
        #expect(durations[durations.count / 10] < 0.5 * median)
        #expect(durations[durations.count - 1] > 10 * median)
    }

    @Test(arguments: [0, 1_000]) func `nothing fails, or all does`(perMille: Int) throws {
        var options = AgentScenarioOptions()
        options.failuresPerMille = perMille
        var scenario = try AgentScenario(options)
        let batch = scenario.spans(1_000, at: now)
        let spans = try DecodedSpan.all(in: batch)
        let leaves = spans.filter { $0.span.kind != .internal }
        #expect(leaves.allSatisfy { $0.isError == (perMille == 1_000) })
        #expect((batch.errorCount == 0) == (perMille == 0))
    }
}
