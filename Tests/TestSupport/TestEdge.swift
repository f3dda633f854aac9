package import Pipeline
package import Telemetry

/// Turns what a test made into frames, as an edge does.
package final class TestEdge {
    /// A time that tests count from.
    package static let epoch = ClusterTime(nanoseconds: 1_700_000_000_000_000_000)

    package let options: EdgeOptions
    private var edge: Edge

    /// - Parameters:
    ///   - run: Of all frames.
    ///   - sampleShare: Of the traces that are kept.
    ///   - partBytesMax: Below it, frames are parts for a gatherer.
    ///   - frameVersionMax: The newest version of frames that it writes.
    package init(
        run: UInt64 = 1,
        sampleShare: Double = 1,
        partBytesMax: Int = 0,
        frameVersionMax: UInt16 = FrameHeader.versions.upperBound
    ) {
        var options = EdgeOptions()
        options.frameVersionMax = frameVersionMax
        options.partBytesMax = partBytesMax
        options.sampler = HeadSampler(share: sampleShare)
        self.options = options
        self.edge = Edge(options: options, run: RunID(high: run, low: 7), at: ClusterTime(nanoseconds: 0))
    }

    /// The frames of spans, without the slots that they are counted in.
    package func spans(_ spans: [TestSpan], at now: ClusterTime = TestEdge.epoch) throws -> [SealedFrame] {
        let request = TestSpan.request(spans)
        _ = try self.edge.receiveTraces(request.raw, at: now)
        return self.edge.cut().filter { $0.header.signal == .spans }
    }

    /// The frames of log records, without the slots that they are counted in.
    package func logs(_ records: [TestLog], at now: ClusterTime = TestEdge.epoch) throws -> [SealedFrame] {
        let request = TestLog.request(records)
        _ = try self.edge.receiveLogs(request.raw, at: now)
        return self.edge.cut().filter { $0.header.signal == .logs }
    }

    /// The frames of any requests together with the slots of the windows that ended before.
    package func frames(traces: [UInt8] = [], logs: [UInt8] = [], at now: ClusterTime) throws -> [SealedFrame]
    {
        if !traces.isEmpty { _ = try self.edge.receiveTraces(traces.raw, at: now) }
        if !logs.isEmpty { _ = try self.edge.receiveLogs(logs.raw, at: now) }
        return self.edge.cut()
    }

    /// The slots of a window that begins then, with these values.
    package func slots(_ values: [(series: Series, value: SlotValue)], at now: ClusterTime) -> [SealedFrame] {
        self.edge.tick(at: now)
        _ = self.edge.cut()
        for (series, value) in values { self.edge.add(series, value, at: now) }
        self.edge.tick(at: Window(at: now).end)
        return self.edge.cut().filter { $0.header.signal == .slots }
    }

    /// The slots of the window that is open.
    package func finish(at now: ClusterTime) throws -> [Slot] {
        self.edge.finish(at: now)
        var slots: [Slot] = []
        for sealed in self.edge.cut() where sealed.header.signal == .slots {
            let payload = try sealed.frame.payload(sealed.bytes.raw)
            for entry in sealed.frame.entries {
                try payload.forEachItem(of: entry) { _, _, range throws(WireFailure) in
                    var reader = WireReader(payload.bytes.raw, range)
                    slots.append(try Slot(from: &reader))
                }
            }
        }
        return slots
    }
}
