import Testing

extension ProcessTests {
    /// What the process tells systemd, or whoever speaks its protocol.
    @Suite
    struct ServiceManager {
        let driver = Driver(name: "service_manager")

        @Test
        func `ready, alive and stopping are told, and nothing by a process that stands still`() async throws {
            try await self.driver.play("single")
        }

        @Test
        func `collectors and agents tell of their reload too`() async throws {
            try await self.driver.play("cluster")
        }

        @Test
        func `without a manager nothing changes`() async throws {
            try await self.driver.play("nobody")
        }
    }
}
