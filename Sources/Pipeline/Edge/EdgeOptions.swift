internal import Telemetry

/// What an operator may set about an edge.
package struct EdgeOptions: Sendable {
    /// Attribute keys whose values are content; empty where capture is on.
    package var contentKeys: [String]
    /// Event names whose log bodies are content; `*` at the end stands for any ending.
    package var contentEvents: [String]
    /// Takes content out.
    package var redactor: Redactor
    /// Chooses the traces that are kept.
    package var sampler: HeadSampler
    /// How many series a window may have.
    package var limits: SeriesLimits
    /// What models cost.
    package var prices: PriceTable
    /// The zstd level of frames; 1 is fastest.
    package var compressionLevel: Int

    /// The defaults of a collector's door.
    package init(
        contentKeys: [String] = AttributeFilter.contentKeys,
        contentEvents: [String] = ["gen_ai.*"],
        redactor: Redactor = Redactor(secret: 0),
        sampler: HeadSampler = HeadSampler(share: 1),
        limits: SeriesLimits = .door,
        prices: PriceTable = PriceTable(rows: []),
        compressionLevel: Int = 1
    ) {
        self.contentKeys = contentKeys
        self.contentEvents = contentEvents
        self.redactor = redactor
        self.sampler = sampler
        self.limits = limits
        self.prices = prices
        self.compressionLevel = compressionLevel
    }
}
