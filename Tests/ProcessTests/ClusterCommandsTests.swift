import Testing

extension ProcessTests {
    /// The commands of a cluster: simulations of faults, certificates, and tokens.
    @Suite
    struct ClusterCommands {
        let driver = Driver(name: "cluster_commands")

        @Test
        func `every written scenario of faults holds in the simulation`() async throws {
            try await self.driver.play("simulate")
        }

        @Test
        func `certificates are made, renewed, revoked and shown`() async throws {
            try await self.driver.play("pki")
        }

        @Test
        func `renewed certificates are revoked too, and what ends soon is warned of`() async throws {
            try await self.driver.play("renewals")
        }

        @Test
        func `commands that run at once lose nothing of each other`() async throws {
            try await self.driver.play("at_once")
        }

        @Test
        func `tokens are made, revoked and listed`() async throws {
            try await self.driver.play("tokens")
        }
    }
}
