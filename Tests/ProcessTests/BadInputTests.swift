import Testing

extension ProcessTests {
    /// Whatever comes in, the node stays, answers properly, counts it, and keeps what it had.
    @Suite
    struct BadInput {
        let driver = Driver(name: "bad_input")

        @Test
        func `mutated requests are taken or refused, and what is taken can be read`() async throws {
            try await self.driver.play("mutations")
        }

        @Test
        func `texts that are no UTF-8 make no trace unreadable`() async throws {
            try await self.driver.play("invalid_utf8")
        }

        @Test
        func `values nested deeper than any stack are answered`() async throws {
            try await self.driver.play("nesting")
        }

        @Test
        func `questions that make no sense are refused with a sentence`() async throws {
            try await self.driver.play("odd_questions")
        }

        @Test
        func `names with control characters do not command a terminal`() async throws {
            try await self.driver.play("names_that_command")
        }
    }
}
