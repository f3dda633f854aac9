import Testing

extension ProcessTests {
    /// Doors that ask who calls: the API and OTLP through TLS.
    @Suite
    struct Doors {
        let driver = Driver(name: "doors")

        @Test
        func `the API answers those who may ask, and tells the others why not`() async throws {
            try await self.driver.play("api")
        }

        @Test
        func `tokens, revocations and certificates count within seconds`() async throws {
            try await self.driver.play("reload")
        }
    }
}
