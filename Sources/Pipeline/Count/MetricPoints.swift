internal import Telemetry

/// The points of one Metric message, read field by field out of its bytes (metrics.proto).
struct MetricPoints {
    enum Temporality {
        case delta
        case cumulative
        case unspecified
    }

    enum Value {
        case number(MetricNumber)
        case histogram(PointHistogram)
    }

    struct Point {
        var attributes: [MetricLabel] = []
        /// Nanoseconds since the Unix epoch; when the stream this point continues began.
        ///
        /// Zero where the sender does not know.
        var start: UInt64 = 0
        /// Nanoseconds since the Unix epoch by the sender's clock; zero where it does not say.
        var time: UInt64 = 0
        var value: Value = .number(MetricNumber(Int64(0)))
        /// The sender says that it has nothing to say at this time.
        var isEmpty = false
    }

    enum Shape {
        case gauge
        case sum(isMonotonic: Bool)
        case histogram
    }

    private(set) var name = ""
    private(set) var unit = ""
    private(set) var shape = Shape.gauge
    private(set) var temporality = Temporality.unspecified
    private(set) var points: [Point] = []
    /// Points that contradict themselves, and are not among ``points``.
    private(set) var impossibleCount: UInt64 = 0

    /// The field of the shape that was read last; the fields are one choice.
    private var dataField: UInt32 = 0

    /// Reads a message that was scanned.
    ///
    /// The same oneof field again adds its points, as protobuf merges messages; another one replaces what was read.
    init(_ metric: WireReader) {
        var reader = metric
        while let field = reader.nextField() {
            guard let payload = field.payload else { continue }
            switch field.number {
            case 1: self.name = LabelText.cut(reader.bytes.extracting(payload))
            case 3: self.unit = LabelText.cut(reader.bytes.extracting(payload))
            case 5: self.readData(WireReader(reader.bytes, payload), 5, .gauge) { $0.numberPoint() }
            case 7:
                self.readData(WireReader(reader.bytes, payload), 7, .sum(isMonotonic: false)) {
                    $0.numberPoint()
                }
            case 9: self.readData(WireReader(reader.bytes, payload), 9, .histogram) { $0.histogramPoint() }
            case 10:
                self.readData(WireReader(reader.bytes, payload), 10, .histogram) { $0.exponentialPoint() }
            case 11: self.readData(WireReader(reader.bytes, payload), 11, .gauge) { _ in nil }
            default: break
            }
        }
    }

    private mutating func readData(
        _ data: WireReader,
        _ field: UInt32,
        _ shape: Shape,
        _ point: (WireReader) -> Point?
    ) {
        if field != self.dataField {
            self.dataField = field
            self.shape = shape
            self.temporality = .unspecified
            self.points.removeAll()
            self.impossibleCount = 0
        }
        var reader = data
        while let field = reader.nextField() {
            switch field.number {
            case 1:
                guard let payload = field.payload else { continue }
                guard let point = point(WireReader(reader.bytes, payload)) else {
                    // What a summary says is kept, and never counted.
                    if self.dataField != 11 { self.impossibleCount += 1 }
                    continue
                }
                if !point.isEmpty { self.points.append(point) }
            case 2: self.temporality = reader.temporality(at: field.lengthOffset)
            case 3:
                if case .sum = self.shape {
                    self.shape = .sum(isMonotonic: reader.varint(at: field.lengthOffset) != 0)
                }
            default: break
            }
        }
    }
}

extension WireReader {
    fileprivate func varint(at offset: Int) -> UInt64 {
        var reader = self
        reader.offset = offset
        return (try? reader.varint()) ?? 0
    }

    fileprivate func fixed64(at offset: Int) -> UInt64 {
        var reader = self
        reader.offset = offset
        return (try? reader.fixed64()) ?? 0
    }

    fileprivate func temporality(at offset: Int) -> MetricPoints.Temporality {
        switch self.varint(at: offset) {
        case 1: .delta
        case 2: .cumulative
        default: .unspecified
        }
    }

    /// One attribute as a label; compound values become nothing.
    fileprivate func label() -> MetricLabel? {
        guard let (key, value) = self.pair(), let text = WireReader(self.bytes, value).value()?.text else {
            return nil
        }
        return MetricLabel(LabelText.cut(self.bytes.extracting(key)), LabelText.cut(text))
    }

    /// A NumberDataPoint: 2 start, 3 time, 4 double, 6 integer, 7 attributes, 8 flags.
    fileprivate func numberPoint() -> MetricPoints.Point? {
        var point = MetricPoints.Point()
        var hasValue = false
        var reader = self
        while let field = reader.nextField() {
            switch (field.number, field.payload) {
            case (2, nil): point.start = self.fixed64(at: field.lengthOffset)
            case (3, nil): point.time = self.fixed64(at: field.lengthOffset)
            case (4, nil):
                point.value = .number(MetricNumber(Double(bitPattern: self.fixed64(at: field.lengthOffset))))
                hasValue = true
            case (6, nil):
                point.value = .number(MetricNumber(Int64(bitPattern: self.fixed64(at: field.lengthOffset))))
                hasValue = true
            case (7, let payload?):
                if let label = WireReader(self.bytes, payload).label() { point.attributes.append(label) }
            case (8, nil): point.isEmpty = self.varint(at: field.lengthOffset) & 1 == 1
            default: break
            }
        }
        return hasValue || point.isEmpty ? point : nil
    }

    /// A HistogramDataPoint: 2 start, 3 time, 4 count, 5 sum, 6 counts, 7 bounds, 9 attributes, 10 flags, 11 min,
    /// 12 max.
    fileprivate func histogramPoint() -> MetricPoints.Point? {
        var point = MetricPoints.Point()
        var counts: [UInt64] = []
        var bounds: [Double] = []
        var count: UInt64?
        var extremes = HistogramExtremes()
        var reader = self
        while let field = reader.nextField() {
            switch (field.number, field.payload) {
            case (2, nil): point.start = self.fixed64(at: field.lengthOffset)
            case (3, nil): point.time = self.fixed64(at: field.lengthOffset)
            case (4, nil): count = self.fixed64(at: field.lengthOffset)
            case (5, nil): extremes.sum = Double(bitPattern: self.fixed64(at: field.lengthOffset))
            case (6, let payload?): counts += WireReader(self.bytes, payload).allFixed64()
            case (6, nil): counts.append(self.fixed64(at: field.lengthOffset))
            case (7, let payload?):
                bounds += WireReader(self.bytes, payload).allFixed64().map(Double.init(bitPattern:))
            case (7, nil): bounds.append(Double(bitPattern: self.fixed64(at: field.lengthOffset)))
            case (9, let payload?):
                if let label = WireReader(self.bytes, payload).label() { point.attributes.append(label) }
            case (10, nil): point.isEmpty = self.varint(at: field.lengthOffset) & 1 == 1
            case (11, nil): extremes.minimum = Double(bitPattern: self.fixed64(at: field.lengthOffset))
            case (12, nil): extremes.maximum = Double(bitPattern: self.fixed64(at: field.lengthOffset))
            default: break
            }
        }
        let histogram = PointHistogram(counts: counts, bounds: bounds, count: count, extremes)
        guard let histogram else { return point.isEmpty ? point : nil }
        point.value = .histogram(histogram)
        return point
    }

    /// An ExponentialHistogramDataPoint: 1 attributes, 2 start, 3 time, 4 count, 5 sum, 6 scale, 7 zeros, 8 positive,
    /// 9 negative, 10 flags, 12 min, 13 max, 14 zero threshold.
    fileprivate func exponentialPoint() -> MetricPoints.Point? {
        var point = MetricPoints.Point()
        var extremes = HistogramExtremes()
        var scale: Int32 = 0
        var zeros: UInt64 = 0
        var zeroThreshold = 0.0
        var count: UInt64?
        var positive: HistogramBuckets? = HistogramBuckets()
        var negative: HistogramBuckets? = HistogramBuckets()
        var reader = self
        while let field = reader.nextField() {
            switch (field.number, field.payload) {
            case (1, let payload?):
                if let label = WireReader(self.bytes, payload).label() { point.attributes.append(label) }
            case (2, nil): point.start = self.fixed64(at: field.lengthOffset)
            case (3, nil): point.time = self.fixed64(at: field.lengthOffset)
            case (4, nil): count = self.fixed64(at: field.lengthOffset)
            case (5, nil): extremes.sum = Double(bitPattern: self.fixed64(at: field.lengthOffset))
            case (6, nil): scale = Self.unzigzag(self.varint(at: field.lengthOffset))
            case (7, nil): zeros = self.fixed64(at: field.lengthOffset)
            case (8, let payload?): positive = WireReader(self.bytes, payload).buckets()
            case (9, let payload?): negative = WireReader(self.bytes, payload).buckets()
            case (10, nil): point.isEmpty = self.varint(at: field.lengthOffset) & 1 == 1
            case (12, nil): extremes.minimum = Double(bitPattern: self.fixed64(at: field.lengthOffset))
            case (13, nil): extremes.maximum = Double(bitPattern: self.fixed64(at: field.lengthOffset))
            case (14, nil): zeroThreshold = Double(bitPattern: self.fixed64(at: field.lengthOffset))
            default: break
            }
        }
        guard let positive, let negative,
            let histogram = PointHistogram(
                scale: scale,
                positive: positive,
                negative: negative,
                zeroCount: zeros,
                zeroThreshold: zeroThreshold,
                count: count,
                extremes
            )
        else { return point.isEmpty ? point : nil }
        point.value = .histogram(histogram)
        return point
    }

    /// Buckets of one side; nil for more than any sender has.
    private func buckets() -> HistogramBuckets? {
        var offset: Int32 = 0
        var counts: [UInt64] = []
        var reader = self
        while let field = reader.nextField() {
            switch (field.number, field.payload) {
            case (1, nil): offset = Self.unzigzag(self.varint(at: field.lengthOffset))
            case (2, let payload?):
                var packed = WireReader(self.bytes, payload)
                while !packed.isAtEnd, counts.count <= PointHistogram.exponentialMax,
                    let count = try? packed.varint()
                {
                    counts.append(count)
                }
            case (2, nil): counts.append(self.varint(at: field.lengthOffset))
            default: break
            }
            guard counts.count <= PointHistogram.exponentialMax else { return nil }
        }
        return HistogramBuckets(offset: offset, counts: counts)
    }

    private func allFixed64() -> [UInt64] {
        var result: [UInt64] = []
        var reader = self
        while !reader.isAtEnd, let value = try? reader.fixed64() { result.append(value) }
        return result
    }

    /// A sint32: bits beyond the 32nd are dropped, as protobuf readers do.
    private static func unzigzag(_ value: UInt64) -> Int32 {
        let value = UInt32(truncatingIfNeeded: value)
        return Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1)
    }
}
