import Testing

extension ProcessTests {
    /// The commands of a cluster: simulations of faults, and certificates.
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
    }
}
