package import Telemetry

/// Gathers an agent's small frames into those that travel: the chunks of parts, group by group of their owners.
///
/// Parts come from the spool, where they are safe already. A frame never holds parts of two windows, so
/// that its creation tells the window of each of its items. One owner at a time; no clock, no IO: the shell writes what
/// comes back, and calls ``tick(at:)`` at the ``deadline``.
package struct Gatherer: ~Copyable {
    /// When a gathering ends.
    package struct Limits: Equatable, Sendable {
        /// Bytes before compression for each group of owners.
        package var groupBytesMax: Int
        /// Bytes before compression of all groups together; memory is about three times as much while it is sealed.
        package var bytesMax: Int
        /// Parts; each is a name of 24 bytes in the cover.
        package var partsMax: Int
        /// So long a part waits for others.
        package var waitMax: Duration

        /// The limits of the product, but for those given.
        ///
        /// - Precondition: None is zero but the wait.
        package init(
            groupBytesMax: Int = 256 << 10,
            bytesMax: Int = 2 << 20,
            partsMax: Int = 4_096,
            waitMax: Duration = .seconds(1)
        ) {
            precondition(groupBytesMax > 0 && bytesMax > 0 && partsMax > 0, "a gathering holds a part")
            self.groupBytesMax = groupBytesMax
            self.bytesMax = bytesMax
            self.partsMax = partsMax
            self.waitMax = waitMax
        }
    }

    /// Frames, and the parts that they were made of: every item of these is in one of those.
    package struct Gathering: Sendable {
        /// Group by group, in the order of their keys.
        package var frames: [SealedFrame]
        /// In the order they were added.
        package var parts: [FrameID]
    }

    /// Why a frame was not taken.
    package enum Failure: Error, Equatable, Sendable {
        /// It is no part, or of slots, whose frame tells their origin.
        case noPart
        /// Its payload is not whole.
        case damaged(WireFailure)
    }

    private let run: RunID
    private let limits: Limits
    private var sequence: UInt64 = 0
    private var spans: FrameBuilder
    private var logs: FrameBuilder
    private var points: FrameBuilder
    private var parts: [FrameID] = []
    /// When the first of the parts that are there was added.
    private var firstAdded = Duration.zero
    /// Creation of the newest of them.
    private var newest = ClusterTime(nanoseconds: 0)
    /// Which chunks share a frame; may change at any time.
    package var groups = PartitionGroups.one

    /// A gatherer that holds nothing.
    ///
    /// - Parameters:
    ///   - run: The origin of its frames; nobody else may have the same.
    ///   - compressionLevel: The zstd level of its frames; 1 is fastest.
    ///   - limits: When it seals.
    package init(run: RunID, compressionLevel: Int, limits: Limits = Limits()) {
        self.run = run
        self.limits = limits
        self.spans = FrameBuilder(signal: .spans, compressionLevel: compressionLevel)
        self.logs = FrameBuilder(signal: .logs, compressionLevel: compressionLevel)
        self.points = FrameBuilder(signal: .points, compressionLevel: compressionLevel)
    }

    /// Bytes that are there, before compression.
    package var rawBytes: Int { self.spans.rawBytes + self.logs.rawBytes + self.points.rawBytes }

    /// When ``tick(at:)`` wants to be called, since the process started; nil while nothing is there.
    ///
    /// Not by cluster time, which moves where an agent first meets a cluster.
    package var deadline: Duration? { self.parts.isEmpty ? nil : self.firstAdded + self.limits.waitMax }

    /// Adds a part; one that is there already must not come again.
    ///
    /// - Parameters:
    ///   - part: Its header and index.
    ///   - payload: Its items.
    ///   - now: Since the process started.
    /// - Returns: What is complete: what was there, where the part is of another window, and what is due with it.
    /// - Throws: ``Failure`` where it was not taken; what was there stays.
    package mutating func add(
        _ part: Frame,
        _ payload: FramePayload,
        at now: Duration
    ) throws(Failure) -> [Gathering] {
        let header = part.header
        guard header.flags.contains(.part), header.signal != .slots else { throw .noPart }
        do throws(WireFailure) { try FrameBuilder.check(part, payload) } catch { throw .damaged(error) }
        var complete: [Gathering] = []
        if Window(at: self.newest) != Window(at: header.created), let before = self.finish() {
            complete.append(before)
        }
        switch header.signal {
        case .spans: self.spans.take(part, payload)
        case .logs: self.logs.take(part, payload)
        case .points, .slots: self.points.take(part, payload)
        }
        if self.parts.isEmpty { self.firstAdded = now }
        self.parts.append(header.id)
        self.newest = max(self.newest, header.created)
        if self.isDue, let due = self.finish() { complete.append(due) }
        return complete
    }

    /// Gives what is there once its oldest part has waited long enough; nil before, and where nothing is.
    package mutating func tick(at now: Duration) -> Gathering? {
        guard let deadline = self.deadline, deadline <= now else { return nil }
        return self.finish()
    }

    /// Gives what is there, before its time; nil where nothing is.
    package mutating func finish() -> Gathering? {
        guard !self.parts.isEmpty else { return nil }
        let (run, created, groups) = (self.run, self.newest, self.groups)
        var sequence = self.sequence
        let next: () -> UInt64 = {
            sequence += 1
            return sequence
        }
        let mark = FrameHeader.Flags.gathered
        var frames = self.spans.seal(
            run: run,
            created: created,
            groups: groups,
            mark: mark,
            nextSequence: next
        )
        frames += self.logs.seal(run: run, created: created, groups: groups, mark: mark, nextSequence: next)
        frames += self.points.seal(run: run, created: created, groups: groups, mark: mark, nextSequence: next)
        defer {
            self.sequence = sequence
            self.parts = []
            self.newest = ClusterTime(nanoseconds: 0)
        }
        return Gathering(frames: frames, parts: self.parts)
    }

    private var isDue: Bool {
        let groupBytes = self.limits.groupBytesMax.multipliedReportingOverflow(by: self.groups.count)
        let bytes = groupBytes.overflow ? .max : groupBytes.partialValue
        return self.rawBytes >= min(bytes, self.limits.bytesMax) || self.parts.count >= self.limits.partsMax
    }
}
