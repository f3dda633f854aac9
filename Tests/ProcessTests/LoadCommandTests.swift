import Testing

extension ProcessTests {
    /// neoscope load as a client of other people's servers.
    @Suite
    struct LoadCommand {
        let driver = Driver(name: "load_command")

        @Test
        func `an endpoint's path is kept, and each signal may have its own`() async throws {
            try await self.driver.play("paths")
        }

        @Test
        func `headers of the environment go along`() async throws {
            try await self.driver.play("headers")
        }

        @Test
        func `a load lasts as long as asked and tells the rate over it`() async throws {
            try await self.driver.play("pace")
        }
    }
}
