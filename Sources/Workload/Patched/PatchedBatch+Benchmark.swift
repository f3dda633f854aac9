import Telemetry

extension PatchedBatch {
    /// The load of the benchmarks: call trees over 20 services with 30 operations each, 10 spans to a trace.
    ///
    /// With the values given, 500 spans take about 230 KB: 460 bytes and eight attributes a span. HTTP requests,
    /// database statements and a few inferences.
    ///
    /// - Parameters:
    ///   - templateSeed: decides everything but the ids of fresh requests.
    ///   - seed: decides those ids; give each connection its own.
    ///   - spans: cut to 1...``Batch/itemsMax``.
    ///   - spansPerTrace: cut to 1...`spans`.
    /// - Returns: the template as the first request; refresh it before it is sent.
    package static func benchmark(
        templateSeed: UInt64 = 1,
        seed: UInt64,
        spans: Int = 500,
        spansPerTrace: Int = 10
    ) -> PatchedBatch {
        var random = SplitMix64(seed: templateSeed)
        var ids = random.fork()
        let fleet = Fleet(services: 20, operations: 30, random: &random)
        let size = min(max(spans, 1), Batch.itemsMax)
        let traceSize = min(max(spansPerTrace, 1), size)
        var traces: [TraceDraft] = []
        var left = size
        while left > 0 {
            var composer = TraceComposer(
                fleet: fleet,
                callable: fleet.services.indices,
                failuresPerMille: 20,
                random: random.fork(),
                ids: ids
            )
            let root = composer.target(service: random.below(fleet.services.count))
            _ = composer.serve(root, spans: min(left, traceSize), depth: 0)
            ids = composer.ids
            composer.trace.end(at: Self.templateTime - UInt64(random.below(1_000_000_000)))
            left -= composer.trace.spans.count
            traces.append(composer.trace)
        }
        return PatchedBatch(template: SpanRequest.encode(traces, of: fleet), seed: seed)
    }

    /// Any instant that leaves room for the longest trace before it: 2^60 ns after the epoch.
    private static let templateTime: UInt64 = 1 << 60
}
