import Testing

extension ProcessTests {
    /// Revocations and tokens of a cluster whose processes have files of their own.
    @Suite
    struct ClusterCredentials {
        let driver = Driver(name: "cluster_credentials")

        @Test
        func `a revocation on one node ends connections to all, within 5 s`() async throws {
            try await self.driver.play("revoke")
        }

        @Test
        func `a token made or revoked on one node is so on all`() async throws {
            try await self.driver.play("tokens")
        }
    }
}
