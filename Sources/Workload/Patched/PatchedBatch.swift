package import Telemetry

/// A request of spans that is encoded once and made fresh by overwriting ids and times in place.
///
/// For load at rates that encoding would not reach. In a fresh request each trace has another id, each span
/// another id, parents and links point where they did before, and all times lie as far from `now` as they lay from
/// the template's latest end. Everything else stays byte for byte. To vary attributes too, take turns with several
/// templates of different seeds.
package struct PatchedBatch: Sendable {
    /// The present request.
    package private(set) var bytes: [UInt8]
    /// The trace ids of the present request, in the order in which they first occur in it.
    package private(set) var traceIDs: [TraceID]
    private let plan: PatchPlan
    private var ids: SplitMix64
    private var spanIDs: [SpanID]

    /// Takes any ExportTraceServiceRequest as the template; it is the first request, unchanged.
    ///
    /// What is not readable as one, and ids of a wrong length or all zeros, stay as they are in all requests.
    ///
    /// - Parameters:
    ///   - template: the request's bytes, at most 4 GiB.
    ///   - seed: decides the ids; two batches of one seed make the same ones.
    package init(template: [UInt8], seed: UInt64) {
        self.bytes = template
        self.plan = PatchPlan(template.raw)
        self.traceIDs = self.plan.traceIDs
        self.spanIDs = Array(repeating: SpanID(0), count: self.plan.spanIDCount)
        self.ids = SplitMix64(seed: seed)
    }

    /// How many spans each request has.
    package var spanCount: Int { self.plan.itemCount }

    /// The present request with what it holds.
    package var batch: Batch {
        Batch(
            signal: .spans,
            bytes: self.bytes,
            itemCount: self.plan.itemCount,
            traceIDs: self.traceIDs,
            errorCount: self.plan.errorCount,
            damagedCount: self.plan.damagedCount
        )
    }

    /// Makes the next request.
    ///
    /// Takes some microseconds for 500 spans; where somebody still holds the last request's bytes, they are copied
    /// first.
    ///
    /// - Parameter now: when the latest span ended.
    package mutating func refresh(at now: Timestamp) {
        for index in self.traceIDs.indices { self.traceIDs[index] = self.ids.traceID() }
        for index in self.spanIDs.indices { self.spanIDs[index] = self.ids.spanID() }
        Self.overwrite(&self.bytes, by: self.plan, traceIDs: self.traceIDs, spanIDs: self.spanIDs, at: now)
    }

    private static func overwrite(
        _ bytes: inout [UInt8],
        by plan: PatchPlan,
        traceIDs: [TraceID],
        spanIDs: [SpanID],
        at now: Timestamp
    ) {
        let traces = traceIDs.span
        let spans = spanIDs.span
        let shift = now.nanoseconds &- plan.latest
        var target = bytes.mutableSpan
        for place in plan.traces {
            let id = traces[Int(place.index)]
            target.store(id.high.bigEndian, at: place.offset)
            target.store(id.low.bigEndian, at: place.offset &+ 8)
        }
        for place in plan.spans {
            target.store(spans[Int(place.index)].bits.bigEndian, at: place.offset)
        }
        for time in plan.times {
            target.store((time.nanoseconds &+ shift).littleEndian, at: time.offset)
        }
    }
}

extension MutableSpan<UInt8> {
    /// Overwrites eight bytes; the offset is checked.
    @inline(__always)
    @_lifetime(self: copy self)
    fileprivate mutating func store(_ value: UInt64, at offset: UInt32) {
        var bytes = unsafe self.mutableBytes
        bytes.storeBytes(of: value, toByteOffset: Int(offset), as: UInt64.self)
    }
}
