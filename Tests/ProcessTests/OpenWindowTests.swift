import Testing

extension ProcessTests {
    /// Windows of a collector's own door that a crash leaves open.
    @Suite
    struct OpenWindows {
        let driver = Driver(name: "open_windows")

        @Test
        func `a door that crashes under load counts everything that it acknowledged, once`() async throws {
            try await self.driver.play("crashes", seconds: 180)
        }

        @Test
        func `a door that crashes at any moment of a window does so too`() async throws {
            try await self.driver.play("crashes_anywhere", seconds: 180)
        }
    }
}
