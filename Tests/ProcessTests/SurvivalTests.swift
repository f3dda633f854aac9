import Testing

extension ProcessTests {
    /// What was acknowledged is there after every kind of end, once, and the accounts close.
    @Suite
    struct Survival {
        let driver = Driver(name: "survival")

        @Test
        func `kill -9 under load loses nothing that was acknowledged`() async throws {
            try await self.driver.play("killed", seconds: 1500)
        }

        @Test
        func `being killed after every start neither loses nor repeats a count`() async throws {
            try await self.driver.play("killed_again_and_again")
        }

        @Test
        func `SIGTERM under load loses nothing and exits 0`() async throws {
            try await self.driver.play("asked_to_stop")
        }

        @Test
        func `waiting clients do not hold the end up`() async throws {
            try await self.driver.play("asked_to_stop_while_clients_wait")
        }

        @Test
        func `readers that stall do not hold the end up`() async throws {
            try await self.driver.play("asked_to_stop_while_readers_stall")
        }

        @Test
        func `a merge that runs does not hold the end up`() async throws {
            try await self.driver.play("asked_to_stop_while_it_merges")
        }

        @Test
        func `SIGINT ends it too`() async throws {
            try await self.driver.play("interrupted")
        }
    }
}
