import Testing

extension ProcessTests {
    /// Content never reaches the disk unless it is asked for; everything else does.
    @Suite
    struct Redaction {
        let driver = Driver(name: "redaction")

        @Test
        func `content of spans, events and links is nowhere in the raw files`() async throws {
            try await self.driver.play("content_of_spans")
        }

        @Test
        func `content of resources and scopes is nowhere in the raw files`() async throws {
            try await self.driver.play("content_of_envelopes")
        }

        @Test
        func `content of log records and their bodies is nowhere in the raw files`() async throws {
            try await self.driver.play("content_of_logs")
        }

        @Test
        func `content of data points and exemplars is nowhere in the raw files`() async throws {
            try await self.driver.play("content_of_points")
        }

        @Test
        func `content of spans that sampling leaves out is nowhere in the raw files`() async throws {
            try await self.driver.play("content_of_sampled_spans")
        }

        @Test
        func `content inside key-value lists is nowhere in the raw files`() async throws {
            try await self.driver.play("nested_in_lists")
        }

        @Test
        func `content is found however a pair is encoded`() async throws {
            try await self.driver.play("odd_encodings")
        }

        @Test
        func `everything beside the content stays byte for byte`() async throws {
            try await self.driver.play("the_rest_is_equal")
        }

        @Test
        func `unknown fields stay in the stored bytes`() async throws {
            try await self.driver.play("unknown_fields")
        }

        @Test
        func `content is kept where capture is switched on`() async throws {
            try await self.driver.play("kept_on_request")
        }
    }
}
