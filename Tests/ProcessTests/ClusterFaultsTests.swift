import Testing

extension ProcessTests {
    /// What goes wrong around a cluster: nothing acknowledged is lost or there twice, and it is told.
    @Suite
    struct ClusterFaults {
        let driver = Driver(name: "cluster_faults")

        @Test
        func `frames that come again are confirmed again, and stored once`() async throws {
            try await self.driver.play("replayed")
        }

        @Test
        func `a certificate that has ended lets nobody in until it is renewed`() async throws {
            try await self.driver.play("expired")
        }

        @Test
        func `a wiped data directory joins as a later start, and nothing is missing`() async throws {
            try await self.driver.play("wiped")
        }

        @Test
        func `a full disk on one node of three refuses nobody`() async throws {
            try await self.driver.play("full")
        }

        @Test
        func `a full disk on one node of two leaves frames with their agents`() async throws {
            try await self.driver.play("full_of_two")
        }

        @Test
        func `clients of the API that read nothing keep nobody waiting`() async throws {
            try await self.driver.play("slow_client")
        }
    }
}
