import Testing

extension ProcessTests {
    /// What Prometheus, promtool, an OpenMetrics parser and node_exporter say about /metrics.
    @Suite
    struct Exposition {
        let driver = Driver(name: "exposition")

        @Test
        func `both text forms can be parsed, and no counter steps back`() async throws {
            try await self.driver.play("formats")
        }

        @Test
        func `a scraper that asks for gzip gets it, with the same page in it`() async throws {
            try await self.driver.play("packed")
        }

        @Test
        func `Prometheus scrapes it and has its series`() async throws {
            try await self.driver.play("prometheus")
        }

        @Test
        func `promtool complains about nothing of our own`() async throws {
            try await self.driver.play("promtool")
        }

        @Test
        func `names, types and CPU time agree with node_exporter`() async throws {
            try await self.driver.play("node_exporter")
        }
    }
}
