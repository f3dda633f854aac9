import Testing

extension ProcessTests {
    /// OTLP/HTTP as its specification says, and what hostile or clumsy clients get.
    @Suite
    struct HTTPConformance {
        let driver = Driver(name: "http_conformance")

        @Test
        func `every signal in both encodings gets 200 with an empty response`() async throws {
            try await self.driver.play("acceptance")
        }

        @Test
        func `spans without valid ids are refused in a partial success`() async throws {
            try await self.driver.play("partial_success")
        }

        @Test
        func `what is no OTLP gets 400 with a google.rpc.Status`() async throws {
            try await self.driver.play("malformed")
        }

        @Test
        func `wrong paths, methods and types get 404, 405 and 415`() async throws {
            try await self.driver.play("wrong_address")
        }

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
        func `answers are compressed for who accepts it`() async throws {
            try await self.driver.play("gzip_answers")
        }

        @Test
        func `web pages of this host may send, others may not`() async throws {
            try await self.driver.play("cross_origin")
        }

        @Test
        func `many connections, many requests on one, and pipelined ones are served`() async throws {
            try await self.driver.play("connections")
        }

        @Test
        func `a body may be sent in every way of HTTP`() async throws {
            try await self.driver.play("framings")
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
