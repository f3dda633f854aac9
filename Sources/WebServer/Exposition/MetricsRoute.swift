internal import Compression
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// `/metrics`: Prometheus text format 0.0.4, or OpenMetrics 1.0 where the scraper asks for it; packed on request.
struct MetricsRoute {
    let status: any NodeStatus

    func add(to router: some RouterMethods<APIContext>) {
        router.get("metrics") { request, _ in
            let accept = request.headers[.accept] ?? ""
            let format: ExpositionFormat =
                accept.contains("application/openmetrics-text") ? .openMetrics : .text
            var body = MetricsText.render(await self.status.families(), as: format)
            var headers: HTTPFields = [
                .contentType: format.contentType,
                // A cache in between has to keep the forms apart.
                .vary: "Accept, Accept-Encoding",
            ]
            // The page of a busy node has megabytes, most of it the same words again and again.
            if Gzip.isAccepted(request.headers[values: .acceptEncoding].joined(separator: ",")),
                let packed = Gzip.compress(body, isFast: true)
            {
                body = packed
                headers[.contentEncoding] = "gzip"
            }
            return Response(
                status: .ok,
                headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
            )
        }
    }
}
