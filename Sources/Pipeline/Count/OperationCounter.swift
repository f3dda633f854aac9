internal import Telemetry

/// Rate, errors and duration of one window, per service, span name, kind and status.
///
/// An open-addressing table keyed by a hash of the name's bytes, so that counting a span allocates nothing. Past
/// the limit of a service or of the table, spans are counted under one overflow name per service.
struct OperationCounter {
    private struct Operation {
        var service: UInt32
        var kind: UInt8
        var status: UInt8
        var isEstimated = false
        var nameOffset: UInt32
        var nameLength: UInt32
        var hash: UInt64
        var histogram = ExponentialHistogram()
    }

    private let limits: SeriesLimits
    private var operations: [Operation] = []
    private var names: [UInt8] = []
    private var buckets: [UInt32] = Array(repeating: 0, count: 2048)
    /// Operations per service of this window.
    private var perService: [UInt32] = []
    /// Spans that were counted under an overflow name in this window.
    private(set) var overflowCount: UInt64 = 0

    init(limits: SeriesLimits) { self.limits = limits }

    var isEmpty: Bool { self.operations.isEmpty }

    /// Counts one span.
    mutating func count(_ span: ItemRecord, in bytes: RawSpan, service: UInt32, weight: UInt64, estimated: Bool) {
        let name = bytes.extracting(span.name)
        let hash = ContentHash.hash64(
            name,
            seed: UInt64(service) << 16 | UInt64(span.kind) << 8 | UInt64(span.status)
        )
        let index = self.find(hash, name, service, span) ?? self.insert(hash, name, service, span)
        self.operations[index].histogram.record(nanoseconds: span.duration, weight: weight)
        if estimated { self.operations[index].isEstimated = true }
    }

    /// Gives everything counted as series and values, in the order first met, and starts afresh.
    mutating func drain(services: [String]) -> [(series: Series, value: SlotValue, isEstimated: Bool)] {
        let result = self.operations.map { operation in
            let start = Int(operation.nameOffset)
            let name = String(decoding: self.names[start..<start + Int(operation.nameLength)], as: UTF8.self)
            let series = Series(
                MetricName.spanDuration,
                unit: "s",
                kind: .histogram,
                subject: .service(services[Int(operation.service)]),
                attributes: [
                    MetricLabel("span.name", name),
                    MetricLabel("span.kind", SpanKindName.text(operation.kind)),
                    MetricLabel("status.code", operation.status == 2 ? "error" : "ok"),
                ]
            )
            return (series, SlotValue.histogram(operation.histogram), operation.isEstimated)
        }
        self.operations.removeAll(keepingCapacity: self.operations.count <= 4096)
        self.names.removeAll(keepingCapacity: true)
        for index in self.buckets.indices { self.buckets[index] = 0 }
        self.perService.removeAll(keepingCapacity: true)
        self.overflowCount = 0
        return result
    }

    private func find(_ hash: UInt64, _ name: RawSpan, _ service: UInt32, _ span: ItemRecord) -> Int? {
        let mask = self.buckets.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while self.buckets[place] != 0 {
            let index = Int(self.buckets[place] - 1)
            let operation = self.operations[index]
            if operation.hash == hash, operation.service == service, operation.kind == span.kind,
                operation.status == span.status, Int(operation.nameLength) == name.byteCount,
                self.names.raw.extracting(
                    Int(operation.nameOffset)..<Int(operation.nameOffset + operation.nameLength)
                ).equals(name)
            {
                return index
            }
            place = (place + 1) & mask
        }
        return nil
    }

    private mutating func insert(_ hash: UInt64, _ name: RawSpan, _ service: UInt32, _ span: ItemRecord) -> Int {
        while self.perService.count <= Int(service) { self.perService.append(0) }
        let isFull =
            self.operations.count >= self.limits.seriesMax
            || Int(self.perService[Int(service)]) >= self.limits.seriesPerServiceMax
        guard isFull, !name.equals(Array(OverflowName.text.utf8).raw) else {
            return self.append(hash, name, service, span)
        }
        self.overflowCount += 1
        let overflow = Array(OverflowName.text.utf8)
        var plain = span
        plain.kind = 0
        let seed = UInt64(service) << 16 | UInt64(span.status)
        let overflowHash = ContentHash.hash64(overflow.raw, seed: seed)
        return self.find(overflowHash, overflow.raw, service, plain)
            ?? self.append(overflowHash, overflow.raw, service, plain)
    }

    private mutating func append(_ hash: UInt64, _ name: RawSpan, _ service: UInt32, _ span: ItemRecord) -> Int {
        self.perService[Int(service)] += 1
        let offset = self.names.count
        unsafe name.withUnsafeBytes { unsafe self.names.append(contentsOf: $0) }
        self.operations.append(
            Operation(
                service: service,
                kind: span.kind,
                status: span.status,
                nameOffset: UInt32(truncatingIfNeeded: offset),
                nameLength: UInt32(truncatingIfNeeded: name.byteCount),
                hash: hash
            )
        )
        if self.operations.count * 2 > self.buckets.count {
            self.rebuild(bucketCount: self.buckets.count * 2)
        } else {
            self.place(self.operations.count - 1)
        }
        return self.operations.count - 1
    }

    private mutating func rebuild(bucketCount: Int) {
        self.buckets = Array(repeating: 0, count: bucketCount)
        for index in self.operations.indices { self.place(index) }
    }

    private mutating func place(_ index: Int) {
        let mask = self.buckets.count - 1
        var place = Int(truncatingIfNeeded: self.operations[index].hash) & mask
        while self.buckets[place] != 0 { place = (place + 1) & mask }
        self.buckets[place] = UInt32(truncatingIfNeeded: index + 1)
    }
}
