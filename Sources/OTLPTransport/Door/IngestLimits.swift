/// What the doors take at most.
package struct IngestLimits: Equatable, Sendable {
    /// A request's body after decompression (OTLP specification: 20 MiB recommended).
    package var requestBytesMax: Int
    /// Bodies held by all connections together; beyond, senders are asked to come back.
    package var inFlightBytesMax: Int
    /// Connections of all doors together; beyond, new ones are closed.
    package var connectionsMax: Int
    /// A connection that neither sends nor waits for an answer this long is closed.
    package var idleSeconds: Int64
    /// Staged bytes at which a frame is cut without waiting.
    package var stagedBytesMax: Int

    /// What is thrown away of requests that were refused before a sender is cut off.
    var discardedBytesMax: Int { self.requestBytesMax * 4 }

    /// - Precondition: Every limit is positive, and at least one request fits in flight.
    package init(
        requestBytesMax: Int = 20 << 20,
        inFlightBytesMax: Int = 128 << 20,
        connectionsMax: Int = 4096,
        idleSeconds: Int64 = 60,
        stagedBytesMax: Int = 256 << 10
    ) {
        precondition(requestBytesMax > 0 && connectionsMax > 0 && idleSeconds > 0 && stagedBytesMax > 0)
        precondition(inFlightBytesMax >= requestBytesMax, "a request fits in flight")
        self.requestBytesMax = requestBytesMax
        self.inFlightBytesMax = inFlightBytesMax
        self.connectionsMax = connectionsMax
        self.idleSeconds = idleSeconds
        self.stagedBytesMax = stagedBytesMax
    }
}
