import Testing

extension ProcessTests {
    /// What a cluster brings back, and what it does not.
    @Suite
    struct Repaired {
        let driver = Driver(name: "repaired")

        @Test
        func `bytes that turn on one node's disk are found, and fetched from another`() async throws {
            try await self.driver.play("scrubbed")
        }

        @Test
        func `a trace that is purged while a node is away does not come back with it`() async throws {
            try await self.driver.play("purged_away")
        }

        @Test
        func `what was taken for a node that was away is delivered to it, and then dropped`() async throws {
            try await self.driver.play("delivered", seconds: 400)
        }

        @Test
        func `two nodes that are drained at once take nothing with them`() async throws {
            try await self.driver.play("drained")
        }

        @Test
        func `two nodes that are asked to end, one after the other, take nothing with them`() async throws {
            try await self.driver.play("stopped")
        }
    }
}
