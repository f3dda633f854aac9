package import Telemetry

/// What an earlier process left: slots that it could not make, and frames of slots that it could not bring.
extension Edge {
    /// Frames of slots that are younger keep the time of their window, in nanoseconds: any collector takes them for longer.
    private static let recentNanoseconds: Int64 = 3_600_000_000_000

    /// Adds slots of windows that an earlier process left open; they keep their origin, window and part.
    ///
    /// The slots of each key make a frame whose name follows from them alone, and so does its time within an hour: who computes
    /// the same slots once more, after another crash or in a copy of the data directory, makes the same frame, and it counts once. No
    /// number that the origin itself can have reached is given: the highest bit is set.
    ///
    /// - Returns: The names of the frames, which the next cut gives.
    @discardableResult
    package mutating func recover(_ slots: [Slot], of origin: RunID, at now: ClusterTime) -> [FrameID] {
        self.advance(to: now)
        self.sealStaged()
        var names: [FrameID] = []
        for (_, slots) in Dictionary(grouping: slots, by: \.series.key).sorted(by: { $0.key < $1.key }) {
            let latest = ClusterTime(nanoseconds: slots.map(\.start).max() ?? 0)
            let isRecent = latest.advanced(byNanoseconds: Self.recentNanoseconds) >= self.lastInput
            let created = isRecent ? min(latest, self.lastInput) : self.lastInput
            let items = slots.map { (slot: $0, bytes: $0.encodedBytes) }
            for item in items.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
                self.stage(item.slot, item.bytes)
            }
            let frames = self.slots.seal(run: origin, created: created, groups: self.groups) {
                1 << 63 | created.nanoseconds
            }
            for frame in frames {
                let frame = frame.renamed(frame.recoveredName)
                names.append(frame.header.id)
                self.sealed.append(frame)
            }
        }
        self.settle(.slots) { account in
            account.recovered += UInt64(slots.count)
            account.held += UInt64(slots.count)
        }
        return names
    }

    /// Brings frames of slots again that an earlier process made, and may have brought already.
    ///
    /// - Parameter frames: Of slots, as they were made: whoever has one knows it by its name.
    /// - Returns: The names of those that the next cut gives.
    @discardableResult
    package mutating func resend(_ frames: [SealedFrame]) -> [FrameID] {
        let frames = frames.filter { $0.header.signal == .slots }
        self.sealed += frames
        for frame in frames {
            self.settle(.slots) { account in
                account.recovered += UInt64(frame.header.itemCount)
                account.held += UInt64(frame.header.itemCount)
            }
        }
        return frames.map(\.header.id)
    }
}

extension Slot {
    var encodedBytes: [UInt8] {
        var writer = ByteWriter()
        self.encode(into: &writer)
        return writer.bytes
    }
}
