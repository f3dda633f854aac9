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
    /// The newest version of frames that it writes; where it is 1, for readers of no other, nothing distinct is counted.
    package var frameVersionMax = FrameHeader.versions.upperBound
    /// A seal with fewer bytes than this for each group of owners, before compression, gives one ``FrameHeader/Flags/part``
    /// over all groups instead of a frame for each; zero for never.
    ///
    /// Only for a sink that gathers parts.
    package var partBytesMax = 0

    /// ``partBytesMax`` of an agent.
    ///
    /// A frame costs agent and collectors about 0.4 ms of CPU together, however small it is; gathering costs the agent
    /// a second compression and a second write of every byte. Measured with three collectors, requests of 46 KiB for each
    /// group: 6.2 µs a span gathered, 10.1 µs directly. Near 100 KiB both ways cost the same.
    package static let agentPartBytes = 64 << 10

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
