internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Storage

/// `/metrics`: Prometheus text format 0.0.4, or OpenMetrics 1.0 where the scraper asks for it.
struct MetricsRoute {
    let reader: any TelemetryReader
    let status: any NodeStatus

    func add(to router: Router<BasicRequestContext>) {
        router.get("metrics") { request, _ in
            let accept = request.headers[.accept] ?? ""
            let format: ExpositionFormat =
                accept.contains("application/openmetrics-text") ? .openMetrics : .text
            let body = MetricsText.render(await self.status.families(), as: format)
            return Response(
                status: .ok,
                headers: [.contentType: format.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
            )
        }
    }
}
