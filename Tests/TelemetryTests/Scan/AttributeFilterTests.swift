import Testing

@testable import Telemetry

@Suite struct AttributeFilterTests {
    @Test func `every dialect's key has its meaning`() {
        let filter = AttributeFilter(contentKeys: [])
        for row in AttributeFilter.dialects { #expect(filter.meaning(row.key) == row.meaning, "\(row.key)") }
    }

    @Test func `every meaning has a number of its own`() {
        let agents: [AttributeMeaning] = [
            .operation, .provider, .responseModel, .requestModel, .inputTokens, .outputTokens,
            .cacheReadTokens,
            .cacheWriteTokens, .reasoningTokens, .session, .agent, .tool, .skill, .firstChunkSeconds,
            .firstChunkMilliseconds, .cost, .entity, .bareModel,
        ]
        let others: [AttributeMeaning] = [.content, .route, .version, .keep]
        #expect(Set(agents + others).count == agents.count + others.count)
        #expect(agents.allSatisfy(\.concernsAgents) && !others.contains(where: \.concernsAgents))
        #expect(Set(AttributeFilter.dialects.map(\.key)).count == AttributeFilter.dialects.count)
    }

    @Test func `content wins over a dialect, and stars stand for any ending`() {
        let filter = AttributeFilter(contentKeys: AttributeFilter.contentKeys + ["gen_ai.tool.name"])
        #expect(filter.meaning("gen_ai.tool.name") == .content)
        #expect(filter.meaning("gen_ai.prompt") == .content)
        #expect(filter.meaning("gen_ai.prompt.0.content") == .content)
        #expect(filter.meaning("gen_ai.input.messages") == .content)
        #expect(filter.meaning("gen_ai.input.messages.count") == nil)
        #expect(filter.meaning("llm.input_messages.0.message.role") == .content)
    }

    @Test(arguments: [
        "", "a", "gen", "gen_", "gen_ai", "http.request.method", "session.idx", "xsession.id", "Session.id",
        "gen_ai.usage.input_token", "tool.nam", "name", "größe",
    ])
    func `other keys mean nothing`(_ key: String) {
        #expect(AttributeFilter(contentKeys: AttributeFilter.contentKeys).meaning(key) == nil)
    }

    @Test func `keys too short to be told apart are ignored`() {
        var filter = AttributeFilter()
        filter.add("abc", .content)
        filter.add("ab*", .content)
        filter.add("", .content)
        #expect(filter.meaning("abc") == nil && filter.meaning("abcd") == nil)
    }

    @Test func `a filter of many keys finds each and no other`() {
        var filter = AttributeFilter()
        for number in 0..<3000 {
            filter.add("custom.key.\(number)", AttributeMeaning(rawValue: UInt8(number % 200)))
        }
        for number in 0..<3000 {
            #expect(filter.meaning("custom.key.\(number)")?.rawValue == UInt8(number % 200))
            #expect(filter.meaning("custom.kez.\(number)") == nil)
        }
    }
}

extension AttributeFilter {
    fileprivate func meaning(_ key: String) -> AttributeMeaning? {
        let bytes = Array(("x" + key + "x").utf8)
        return self.meaning(bytes.raw, 1..<bytes.count - 1)
    }
}
