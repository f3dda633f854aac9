import Testing

extension ProcessTests {
    /// What operators copy from cluster/.
    @Suite
    struct Deployment {
        let driver = Driver(name: "deployment")

        @Test
        func `every file of cluster and configs is one that a test loads`() async throws {
            try await self.driver.play("every_file")
        }

        @Test
        func `every topology is read, and what is wrong with one is told`() async throws {
            try await self.driver.play("topologies")
        }

        @Test
        func `a topology starts on this machine, with its zones`() async throws {
            try await self.driver.play("zones")
        }

        @Test
        func `systemd takes the units`() async throws {
            try await self.driver.play("systemd")
        }

        @Test
        func `Kubernetes knows every field, and objects name what is there`() async throws {
            try await self.driver.play("kubernetes")
        }

        @Test
        func `agents that show one certificate do not get in each other's way`() async throws {
            try await self.driver.play("shared_certificate")
        }
    }
}
