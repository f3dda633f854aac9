import Testing

extension ProcessTests {
    /// What an OpenTelemetry SDK sends comes back, attribute for attribute.
    @Suite
    struct RoundTrip {
        let driver = Driver(name: "round_trip")

        @Test
        func `spans of the SDK over HTTP come back from trace get, Jaeger v3 and Jaeger legacy`() async throws
        {
            try await self.driver.play("http_protobuf")
        }

        @Test
        func `spans of the SDK over HTTP with gzip come back`() async throws {
            try await self.driver.play("http_gzip")
        }

        @Test
        func `spans of the SDK over gRPC come back`() async throws {
            try await self.driver.play("grpc")
        }

        @Test
        func `spans as JSON by curl come back, nested values too`() async throws {
            try await self.driver.play("json_by_curl")
        }

        @Test
        func `JSON may be written in every way that the specification allows`() async throws {
            try await self.driver.play("json_leniency")
        }

        @Test
        func `metrics and logs of the SDK over HTTP are kept and can be asked for`() async throws {
            try await self.driver.play("metrics_and_logs_http")
        }

        @Test
        func `metrics and logs of the SDK over HTTP with gzip are kept and can be asked for`() async throws {
            try await self.driver.play("metrics_and_logs_http_gzip")
        }

        @Test
        func `metrics and logs of the SDK over gRPC are kept and can be asked for`() async throws {
            try await self.driver.play("metrics_and_logs_grpc")
        }

        @Test
        func `totals of SDKs of both temporalities are exact on every node of a cluster`() async throws {
            try await self.driver.play("sdk_totals")
        }

        @Test
        func `log records that name a trace come with it`() async throws {
            try await self.driver.play("logs_of_a_trace")
        }
    }
}
