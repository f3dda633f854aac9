internal import Telemetry

/// Rate, errors and duration of one window, per service, span name, kind and status.
///
/// An open-addressing table keyed by a hash of the name's bytes, so that counting a span allocates nothing. Past
/// the limit of a service or of the table, spans are counted under one overflow name per service.
struct OperationCounter {
    /// Plain numbers only, so that comparing one costs no reference counting; its histogram lies beside it.
    private struct Operation {
        var hash: UInt64
        var nameOffset: Int
        var nameLength: Int
        var service: UInt32
        var kind: UInt8
        var status: UInt8
        var isEstimated = false
    }

    private let limits: SeriesLimits
    private var operations: [Operation] = []
    private var histograms: [ExponentialHistogram] = []
    private var names: [UInt8] = []
    /// Open addressing: one plus the operation's index, or zero.
    private var buckets: [UInt32] = Array(repeating: 0, count: 2048)
    /// Operations per service of this window.
    private var perService: [UInt32] = []
    /// Spans that were counted under an overflow name in this window.
    private(set) var overflowCount: UInt64 = 0

    init(limits: SeriesLimits) { self.limits = limits }

    var isEmpty: Bool { self.operations.isEmpty }

    /// Counts one span, as often as it stands for.
    mutating func count(
        _ span: ItemRecord,
        in bytes: RawSpan,
        service: UInt32,
        weight: UInt64,
        estimated: Bool
    ) {
        var name = bytes.extracting(span.name)
        if name.byteCount > LabelText.bytesMax { name = name.extracting(first: LabelText.length(name)) }
        // Unset and ok are one series, so they must be one operation.
        let status: UInt8 = span.status == 2 ? 2 : 0
        let seed = UInt64(service) << 16 | UInt64(span.kind) << 8 | UInt64(status)
        let hash = ContentHash.hash64(name, seed: seed)
        let index = self.index(of: name, hash: hash, service, kind: span.kind, status: status)
        self.histograms[index].record(nanoseconds: span.duration, weight: weight)
        if estimated { self.operations[index].isEstimated = true }
    }

    /// The place of an operation, which is made when it is new; equal hashes do not make equal operations.
    mutating func index(
        of name: RawSpan,
        hash: UInt64,
        _ service: UInt32,
        kind: UInt8,
        status: UInt8
    ) -> Int {
        self.find(hash, name, service, kind: kind, status: status)
            ?? self.insert(hash, name, service, kind: kind, status: status)
    }

    /// Gives everything counted as series and values, in the order first met, and starts afresh.
    mutating func drain(services: [String]) -> [(series: Series, value: SlotValue, isEstimated: Bool)] {
        let result = self.operations.indices.map { index in
            let operation = self.operations[index]
            let name = self.names.raw.text(operation.nameOffset..<operation.nameOffset + operation.nameLength)
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
            return (series, SlotValue.histogram(self.histograms[index]), operation.isEstimated)
        }
        self.operations.removeAll(keepingCapacity: self.operations.count <= 4096)
        self.histograms.removeAll(keepingCapacity: self.histograms.count <= 4096)
        self.names.removeAll(keepingCapacity: self.names.capacity <= 1 << 20)
        for index in self.buckets.indices { self.buckets[index] = 0 }
        self.perService.removeAll(keepingCapacity: true)
        self.overflowCount = 0
        return result
    }

    private func find(_ hash: UInt64, _ name: RawSpan, _ service: UInt32, kind: UInt8, status: UInt8) -> Int?
    {
        let mask = self.buckets.count &- 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let bucket = self.buckets[place]
            guard bucket != 0 else { return nil }
            let index = Int(bucket &- 1)
            let operation = self.operations[index]
            if operation.hash == hash, operation.service == service, operation.kind == kind,
                operation.status == status, operation.nameLength == name.byteCount,
                self.names.raw.extracting(operation.nameOffset..<operation.nameOffset + operation.nameLength)
                    .equals(name)
            {
                return index
            }
            place = (place &+ 1) & mask
        }
    }

    @inline(never)
    private mutating func insert(
        _ hash: UInt64,
        _ name: RawSpan,
        _ service: UInt32,
        kind: UInt8,
        status: UInt8
    ) -> Int {
        while self.perService.count <= Int(service) { self.perService.append(0) }
        let isFull =
            self.operations.count >= self.limits.seriesMax
            || Int(self.perService[Int(service)]) >= self.limits.seriesPerServiceMax
        let overflow = Array(OverflowName.text.utf8)
        guard isFull, !name.equals(overflow.raw) else {
            return self.append(hash, name, service, kind: kind, status: status)
        }
        self.overflowCount += 1
        let seed = UInt64(service) << 16 | UInt64(status)
        let overflowHash = ContentHash.hash64(overflow.raw, seed: seed)
        return self.find(overflowHash, overflow.raw, service, kind: 0, status: status)
            ?? self.append(overflowHash, overflow.raw, service, kind: 0, status: status)
    }

    private mutating func append(
        _ hash: UInt64,
        _ name: RawSpan,
        _ service: UInt32,
        kind: UInt8,
        status: UInt8
    ) -> Int {
        self.perService[Int(service)] += 1
        let offset = self.names.count
        unsafe name.withUnsafeBytes { unsafe self.names.append(contentsOf: $0) }
        self.operations.append(
            Operation(
                hash: hash,
                nameOffset: offset,
                nameLength: name.byteCount,
                service: service,
                kind: kind,
                status: status
            )
        )
        self.histograms.append(ExponentialHistogram())
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
