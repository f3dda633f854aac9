internal import Logging
package import Storage
internal import Synchronization
package import Telemetry

extension SegmentStore: TelemetryReader {
    /// Everything stored under a trace id, also what was acknowledged a moment ago.
    package func trace(_ id: TraceID) async throws -> StoredTrace? {
        try await self.readers.run { try self.readTrace(id) }
    }

    private func readTrace(_ id: TraceID) throws -> StoredTrace? {
        var spans = ItemAssembler(.spans)
        var logs = ItemAssembler(.logs)
        var damaged = 0
        for (file, offset) in self.places(of: Key(id)) {
            self.withFrame(file, offset, &damaged) { frame, bytes in
                let entries = frame.entries(of: Key(id))
                guard !entries.isEmpty, !frame.header.flags.contains(.journal) else { return }
                let payload = try frame.payload(bytes.raw)
                for entry in entries {
                    switch frame.header.signal {
                    case .spans: try spans.add(payload, entry)
                    case .logs: try logs.add(payload, entry)
                    case .points, .slots: break
                    }
                }
            }
        }
        guard spans.itemCount + logs.itemCount > 0 else { return nil }
        return StoredTrace(
            spans: spans.encoded(),
            logs: logs.encoded(),
            spanCount: spans.itemCount,
            logCount: logs.itemCount,
            duplicateCount: spans.duplicateCount,
            damagedFrames: damaged
        )
    }

    /// The segments of this moment: sealed ones, then those that are still open.
    func snapshot() -> (sealed: [SealedSegment], open: [OpenSegment]) {
        self.state.withLock { state in
            (state.sealed, state.closing + (state.active.map { [$0] } ?? []))
        }
    }

    /// All frames that may hold a key, in the order of their segments.
    func places(of key: Key) -> [(file: File, offset: Int)] {
        let (sealed, open) = self.snapshot()
        return sealed.flatMap { segment in segment.frameOffsets(of: key).map { (segment.file, $0) } }
            + open.flatMap { segment in segment.frameOffsets(of: key).map { (segment.file, $0) } }
    }

    /// Reads one frame and works on it; whatever is wrong with it is counted and logged, and ends there.
    func withFrame(
        _ file: File,
        _ offset: Int,
        _ damaged: inout Int,
        _ body: (Frame, [UInt8]) throws -> Void
    ) {
        do {
            let head = try file.read(at: offset, count: FrameHeader.byteCount)
            var reader = WireReader(head.raw)
            let header = try FrameHeader(from: &reader)
            let bytes = try file.read(at: offset, count: header.frameBytes)
            try body(try Frame(bytes.raw), bytes)
        } catch {
            damaged += 1
            // An item that makes no sense is as it was made: reading the disk again would not mend it.
            if error is FrameFailure { self.suspect(file) }
            self.state.withLock { state in
                state.counters.damagedFrames += 1
                state.counters.lastTrouble = self.now()
            }
            self.logger.error(
                "a frame could not be read",
                metadata: ["segment": "\(file.path)", "at": "\(offset)", "reason": "\(error)"]
            )
        }
    }
}
