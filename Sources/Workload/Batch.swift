package import Telemetry

/// One OTLP request and what it holds, so that a caller can check that everything arrived.
package struct Batch: Equatable, Sendable {
    /// Which Export request the bytes are: of spans, of logs, or of metrics (`points`).
    package var signal: Signal
    /// The request, as protobuf.
    package var bytes: [UInt8]
    /// Spans, log records, or data points: what OTLP's partial success counts.
    package var itemCount: Int
    /// The valid trace ids that occur, each once, in the order in which they were made.
    package var traceIDs: [TraceID]
    /// Spans with status error, or log records of severity error and above.
    package var errorCount: Int
    /// Items that a receiver must refuse for their ids alone (length, or all zeros); included in `itemCount`.
    package var damagedCount: Int

    /// Takes what an encoder made.
    package init(
        signal: Signal,
        bytes: [UInt8],
        itemCount: Int,
        traceIDs: [TraceID] = [],
        errorCount: Int = 0,
        damagedCount: Int = 0
    ) {
        self.signal = signal
        self.bytes = bytes
        self.itemCount = itemCount
        self.traceIDs = traceIDs
        self.errorCount = errorCount
        self.damagedCount = damagedCount
    }

    /// The most items that one call makes; more are cut to it.
    package static let itemsMax = 100_000
}
