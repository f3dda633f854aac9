import Testing

extension ProcessTests {
    /// OTLP/HTTP as its specification says: what is taken, what is refused, how a body may be sent.
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
        func `answers are compressed for who accepts it`() async throws {
            try await self.driver.play("gzip_answers")
        }

        @Test
        func `web pages of this host may send, others may not`() async throws {
            try await self.driver.play("cross_origin")
        }

        @Test
        func `a body may be sent in every way of HTTP`() async throws {
            try await self.driver.play("framings")
        }
    }
}
