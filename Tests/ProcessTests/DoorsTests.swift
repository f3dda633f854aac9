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

        @Test
        func `OTLP through TLS takes from those who may send`() async throws {
            try await self.driver.play("otlp")
        }

        @Test
        func `an agent's API speaks TLS where its certificate names a host`() async throws {
            try await self.driver.play("agents")
        }

        @Test
        func `commands ask through TLS, and say what went wrong and what to do`() async throws {
            try await self.driver.play("commands")
        }
    }
}
