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
        func `processes of an ordinary user take telemetry and find each other`() async throws {
            try await self.driver.play("unprivileged")
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

        @Test
        func `members of another cluster with the same seeds are refused and told`() async throws {
            try await self.driver.play("two_clusters")
        }

        @Test
        func `agents whose clocks are hours off deliver everything`() async throws {
            try await self.driver.play("agent_clocks")
        }

        @Test
        func `collectors whose clocks are hours off follow the cluster`() async throws {
            try await self.driver.play("collector_clocks")
        }

        @Test
        func `a clock that is put forward makes no frame anew for ever`() async throws {
            try await self.driver.play("stepped_clock")
        }

        @Test
        func `a flood of connections keeps nobody waiting, and is counted`() async throws {
            try await self.driver.play("flood")
        }

        @Test
        func `a peer that reads nothing is ended and counted`() async throws {
            try await self.driver.play("slow_peer")
        }
    }
}
