import Testing

extension ProcessTests {
    /// What a cluster says of itself: members, placement, and one report from any node.
    @Suite
    struct ClusterAnswers {
        let driver = Driver(name: "cluster_answers")

        @Test
        func `any node tells the members, and where a trace is`() async throws {
            try await self.driver.play("members")
        }

        @Test
        func `one report from any node, as a table, for programs and as a page`() async throws {
            try await self.driver.play("report")
        }

        @Test
        func `an operator changes how many copies there are, on any node for all`() async throws {
            try await self.driver.play("parameters")
        }

        @Test
        func `a purge reaches all nodes, and names those that it did not reach`() async throws {
            try await self.driver.play("purge")
        }

        @Test
        func `a process that runs alone says that it has no cluster`() async throws {
            try await self.driver.play("alone")
        }
    }
}
