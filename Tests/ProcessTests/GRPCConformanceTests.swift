import Testing

extension ProcessTests {
    /// OTLP/gRPC as its specification says, and HTTP/2 as hostile or clumsy clients write it.
    @Suite
    struct GRPCConformance {
        let driver = Driver(name: "grpc_conformance")

        @Test
        func `every service takes requests, plain and with gzip`() async throws {
            try await self.driver.play("signals")
        }

        @Test
        func `refusals have the code, the words and no delay`() async throws {
            try await self.driver.play("refusals")
        }

        @Test
        func `unavailable comes with RetryInfo`() async throws {
            try await self.driver.play("unavailable")
        }

        @Test
        func `twenty calls at once on one connection are answered`() async throws {
            try await self.driver.play("concurrent_calls")
        }

        @Test
        func `a message may be split over many DATA frames`() async throws {
            try await self.driver.play("framing")
        }

        @Test
        func `abandoned calls and broken connections leave nothing behind`() async throws {
            try await self.driver.play("abandoned")
        }

        @Test
        func `calls that are refused while they are sent keep no memory and no connection`() async throws {
            try await self.driver.play("unfinished")
        }

        @Test
        func `a connection that stalls in a message is closed`() async throws {
            try await self.driver.play("slow_senders")
        }
    }
}
