import Testing

extension ProcessTests {
    /// Slots and points that cannot be true.
    @Suite
    struct BadSlots {
        let driver = Driver(name: "bad_slots")

        @Test
        func `slots of wrong places, runs, names and times are contained and counted`() async throws {
            try await self.driver.play("origins")
        }

        @Test
        func `ten thousand series from one agent are bounded, and lose no unit`() async throws {
            try await self.driver.play("many_series")
        }
    }
}
