import Testing

extension ProcessTests {
    /// Collectors and agents as real processes, with certificates of their own.
    @Suite
    struct ClusterProcesses {
        let driver = Driver(name: "cluster")

        @Test
        func `nothing acknowledged is lost when collectors and agents are killed under load`() async throws {
            try await self.driver.play("survives", seconds: 180)
        }

        @Test
        func `agents keep what one collector alone holds until there are two`() async throws {
            try await self.driver.play("one_copy", seconds: 180)
        }

        @Test
        func `a collector that is asked to end leaves, and nobody takes it for dead`() async throws {
            try await self.driver.play("leaves", seconds: 180)
        }

        @Test
        func `whoever has no right to come in is refused with a reason, and counted`() async throws {
            try await self.driver.play("refusals", seconds: 180)
        }

        @Test
        func `a copied data directory and a name that is taken end the process`() async throws {
            try await self.driver.play("clones", seconds: 180)
        }
    }
}
