import Testing

extension ProcessTests {
    /// What is purged is gone for good, everywhere.
    @Suite
    struct Purge {
        let driver = Driver(name: "purge")

        @Test
        func `a purged trace is gone from every answer and from the disk`() async throws {
            try await self.driver.play("purge_trace")
        }

        @Test
        func `everything before a time can be purged`() async throws {
            try await self.driver.play("purge_before")
        }

        @Test
        func `purge asks the node of the configuration`() async throws {
            try await self.driver.play("purge_place")
        }
    }
}
