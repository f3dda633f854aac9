import Testing

extension ProcessTests {
    /// Scenarios of faults on real processes, as scripts/chaos plays them; all of them take it the better part of an hour.
    @Suite
    struct Chaos {
        let driver = Driver(name: "chaos")
        let checks = Driver(name: "chaos_checks")

        @Test
        func `every written scenario is read for real processes and for the simulation`() async throws {
            try await self.driver.play("files")
        }

        @Test
        func `a crash and a partition lose nothing and count nothing twice`() async throws {
            try await self.driver.play("short", seconds: 180)
        }

        @Test
        func `a long run tells what grows from what is flat`() async throws {
            try await self.driver.play("verdicts")
        }

        @Test
        func `a scenario whose faults do not happen does not hold`() async throws {
            try await self.checks.play("muted", seconds: 180)
        }

        @Test
        func `an account that does not close is told, whichever node it is of`() async throws {
            try await self.checks.play("accounts", seconds: 120)
        }

        @Test
        func `what a run is judged by is seen failing`() async throws {
            try await self.checks.play("words")
            try await self.checks.play("ends", seconds: 120)
        }

        @Test
        func `a run that is killed leaves nothing behind`() async throws {
            try await self.driver.play("ended", seconds: 120)
        }
    }
}
