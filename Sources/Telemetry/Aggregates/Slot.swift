/// How long a slot's window is.
package enum Resolution: UInt8, CaseIterable, Sendable {
    case tenSeconds = 1
    case minute = 2
    case hour = 3

    /// The length in nanoseconds.
    package var nanoseconds: UInt64 {
        switch self {
        case .tenSeconds: Window.nanoseconds
        case .minute: 60_000_000_000
        case .hour: 3_600_000_000_000
        }
    }
}

/// One final aggregate value of one origin; the origin is the run id of the frame it travels in.
package struct Slot: Equatable, Sendable {
    /// What it is a value of.
    package var series: Series
    /// How long its window is.
    package var resolution: Resolution
    /// Start of the window, nanoseconds since the Unix epoch.
    package var start: UInt64
    /// Tells apart several slots of one origin for the same window and series; they add.
    package var part: UInt32
    /// Whether some of it was scaled up from what a client had sampled.
    package var isEstimated: Bool
    /// The value.
    package var value: SlotValue

    /// A slot of ten seconds unless said otherwise.
    package init(
        series: Series,
        resolution: Resolution = .tenSeconds,
        start: UInt64,
        part: UInt32,
        isEstimated: Bool = false,
        value: SlotValue
    ) {
        self.series = series
        self.resolution = resolution
        self.start = start
        self.part = part
        self.isEstimated = isEstimated
        self.value = value
    }

    /// Appends resolution, window, part, estimate, series and value.
    package func encode(into writer: inout ByteWriter) {
        writer.byte(self.resolution.rawValue)
        writer.varint(self.start / self.resolution.nanoseconds)
        writer.varint(UInt64(self.part))
        writer.byte(self.isEstimated ? 1 : 0)
        self.series.encode(into: &writer)
        self.value.encode(into: &writer)
    }

    /// Reads what ``encode(into:)`` wrote.
    ///
    /// - Throws: ``WireFailure`` where the bytes end too early or say what no slot says.
    package init(from reader: inout WireReader) throws(WireFailure) {
        let start = reader.offset
        guard let resolution = Resolution(rawValue: try reader.byte()) else {
            throw .invalidTag(atByte: start)
        }
        self.resolution = resolution
        let (nanoseconds, overflow) = try reader.varint().multipliedReportingOverflow(
            by: resolution.nanoseconds
        )
        guard !overflow else { throw .tooMany(atByte: start) }
        self.start = nanoseconds
        self.part = UInt32(truncatingIfNeeded: try reader.varint())
        self.isEstimated = try reader.byte() != 0
        self.series = try Series(from: &reader)
        self.value = try SlotValue(from: &reader)
    }
}
