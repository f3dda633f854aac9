import Testing

extension ProcessTests {
    /// OTLP/HTTP under limits and strain: too large, too much, too many, too slow, cut off.
    @Suite
    struct HTTPLimits {
        let driver = Driver(name: "http_limits")

        @Test
        func `what is too large gets 413, however it is sent`() async throws {
            try await self.driver.play("too_large")
        }

        @Test
        func `a gzip bomb gets 413 and takes no memory`() async throws {
            try await self.driver.play("gzip_bomb")
        }

        @Test
        func `too much in flight gets 429 with Retry-After`() async throws {
            try await self.driver.play("overloaded")
        }

        @Test
        func `a disk below its watermark gets 503 with Retry-After`() async throws {
            try await self.driver.play("low_disk")
        }

        @Test
        func `many connections, many requests on one, and pipelined ones are served`() async throws {
            try await self.driver.play("connections")
        }

        @Test
        func `a half-closed client gets its answer`() async throws {
            try await self.driver.play("half_closed")
        }

        @Test
        func `a sender that stalls is closed, a slow one is not`() async throws {
            try await self.driver.play("slow_senders")
        }

        @Test
        func `connections beyond the limit are closed`() async throws {
            try await self.driver.play("too_many_connections")
        }
    }
}
