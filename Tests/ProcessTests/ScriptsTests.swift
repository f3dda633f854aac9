import Testing

extension ProcessTests {
    /// scripts/run and the example program that it runs, as their users meet them.
    @Suite
    struct Scripts {
        let driver = Driver(name: "scripts")

        @Test
        func `scripts/run tells the addresses that were really bound`() async throws {
            try await self.driver.play("addresses")
        }

        @Test
        func `the example agent tells what it really did`() async throws {
            try await self.driver.play("example")
        }
    }
}
