import Testing

extension ProcessTests {
    /// What is valid and yet extreme: very much, very many, twice, and at impossible times.
    @Suite
    struct ExtremeInput {
        let driver = Driver(name: "extreme_input")

        @Test
        func `a million spans in one request`() async throws {
            try await self.driver.play("million_spans", seconds: 240)
        }

        @Test
        func `a trace of a hundred thousand spans is found whole`() async throws {
            try await self.driver.play("hundred_thousand_span_trace", seconds: 240)
        }

        @Test
        func `ten thousand names, services and models go to an overflow series`() async throws {
            try await self.driver.play("cardinality", seconds: 180)
        }

        @Test
        func `equal span ids are told apart by their bytes`() async throws {
            try await self.driver.play("identifiers_again")
        }

        @Test
        func `times of every kind are kept as sent`() async throws {
            try await self.driver.play("odd_times")
        }
    }
}
