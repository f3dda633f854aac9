package import Telemetry

/// Computes again the slots of windows that a crash left open, from the frames of those windows.
///
/// A frame lies in the window of its creation, and what was sampled out is in journal frames, so every span and log
/// record is counted again. Slots that were stored before the crash are left out by their identity (origin, window,
/// series), so nothing counts twice; only a process that ends makes further parts of a window, and leaves none open. Nor does a frame that is there both as itself and as a journal copy.
/// Cumulative client metrics count by the steps from one point of a stream to the next, so that frames of earlier
/// windows help where they are still there. Readings of the host's sensors are not in frames and are not rebuilt.
package struct WindowRebuilder {
    /// What is known of an edge that crashed.
    package struct Origin: Sendable {
        /// When it began to watch.
        package var started: ClusterTime
        /// No point that it took at this time or later is missing, unless the disk refused it.
        package var completeFrom: ClusterTime
        /// Windows that began before are passed over, but for their points: they were closed, and their slots may not be given.
        package var from: ClusterTime

        /// An edge that is known.
        package init(
            started: ClusterTime,
            completeFrom: ClusterTime,
            from: ClusterTime = ClusterTime(nanoseconds: 0)
        ) {
            self.started = started
            self.completeFrom = completeFrom
            self.from = from
        }
    }

    private struct Place: Hashable {
        var run: RunID
        var window: Window
    }

    private struct Identity: Hashable {
        var run: RunID
        var start: UInt64
        var series: Series
    }

    private let options: EdgeOptions
    private let from: ClusterTime
    /// Nil where all are wanted, and nothing is known of them.
    private let origins: [RunID: Origin]?
    private let scanner = Scanner(filter: AttributeFilter(contentKeys: []))
    private var windows: [Place: WindowCounter] = [:]
    private var points: PointReplay
    private var stored: Set<Identity> = []
    /// Frames of which journal copies were counted.
    private var journaled: Set<FrameID> = []

    /// A rebuilder that counts as an edge with these options does.
    ///
    /// - Parameters:
    ///   - options: What the crashed process had.
    ///   - from: As ``Origin/from``, of edges of which nothing is known.
    ///   - origins: The edges that crashed; frames of others are passed over. Nil where everything is theirs.
    ///   - pointBytesMax: Points take at most so much memory; the oldest are left out.
    package init(
        options: EdgeOptions,
        from: ClusterTime = ClusterTime(nanoseconds: 0),
        origins: [RunID: Origin]? = nil,
        pointBytesMax: Int = 64 << 20
    ) {
        self.options = options
        self.from = from
        self.origins = origins
        self.points = PointReplay(bytesMax: pointBytesMax)
    }

    /// Metrics that found no room; steps of their streams from before are not known.
    package var droppedMetrics: UInt64 { self.points.droppedCount }

    private func from(of run: RunID) -> ClusterTime { self.origins?[run]?.from ?? self.from }

    /// Adds a frame of an earlier process, merged or not, in any order; but journal copies before all else.
    package mutating func add(_ frame: Frame, _ payload: FramePayload) {
        if frame.header.signal == .slots { return self.noteSlots(frame, payload) }
        if frame.header.signal == .points { return self.notePoints(frame, payload) }
        var counters: [Place: (counter: WindowCounter, services: [UInt32?])] = [:]
        self.forEachChunk(of: frame) { rebuilder, index, id, created in
            guard created >= rebuilder.from(of: id.run) else { return }
            let place = Place(run: id.run, window: Window(at: created))
            var (counter, services) =
                counters.removeValue(forKey: place) ?? rebuilder.counter(of: place, payload)
            rebuilder.count(frame.entries[index], frame.header.signal, payload, services, into: &counter)
            counters[place] = (counter, services)
        }
        for (place, counted) in counters { self.windows[place] = counted.counter }
    }

    /// The slots that are not stored, by run; sorted by window, then in the order counted.
    package mutating func missing() -> [(run: RunID, slots: [Slot])] {
        self.countPoints()
        var result: [RunID: [Slot]] = [:]
        for place in self.windows.keys.sorted(by: { ($0.window, $0.run) < ($1.window, $1.run) }) {
            let start = place.window.start.nanoseconds
            for (series, value, isEstimated) in self.windows[place]?.drain() ?? []
            where !self.stored.contains(Identity(run: place.run, start: start, series: series)) {
                result[place.run, default: []].append(
                    Slot(series: series, start: start, part: 0, isEstimated: isEstimated, value: value)
                )
            }
        }
        return result.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    // MARK: - Frames

    /// Walks the chunks of a frame that count: those of the edges that crashed, each once.
    private mutating func forEachChunk(
        of frame: Frame,
        _ body: (inout Self, Int, FrameID, ClusterTime) -> Void
    ) {
        let isCopy = frame.header.isJournalCopy
        if isCopy, !self.journaled.insert(frame.header.originalID).inserted { return }
        for index in frame.entries.indices {
            let origin = frame.origin(ofEntry: index)
            let id = isCopy ? frame.header.originalID : origin.frame
            guard self.origins?[id.run] != nil || self.origins == nil,
                isCopy || !self.journaled.contains(id)
            else { continue }
            body(&self, index, id, origin.created)
        }
    }

    /// Takes a window's counter out, with what it calls the services of a payload's resources.
    private mutating func counter(
        of place: Place,
        _ payload: FramePayload
    ) -> (counter: WindowCounter, services: [UInt32?]) {
        var counter = self.windows.removeValue(forKey: place) ?? self.counter(of: place)
        let services = self.services(payload).map { name in name.map { counter.service($0) } }
        return (counter, services)
    }

    private func counter(of place: Place) -> WindowCounter {
        WindowCounter(options: self.options, started: place.window.start)
    }

    private mutating func noteSlots(_ frame: Frame, _ payload: FramePayload) {
        for (index, entry) in frame.entries.enumerated() {
            let run = frame.origin(ofEntry: index).frame.run
            try? payload.forEachItem(of: entry) { _, _, range throws(WireFailure) in
                var reader = WireReader(payload.bytes.raw, range)
                let slot = try Slot(from: &reader)
                self.stored.insert(Identity(run: run, start: slot.start, series: slot.series))
            }
        }
    }

    private func count(
        _ entry: ChunkEntry,
        _ signal: Signal,
        _ payload: FramePayload,
        _ services: [UInt32?],
        into counter: inout WindowCounter
    ) {
        let bytes = payload.bytes.raw
        var notes: [AttributeNote] = []
        try? payload.forEachItem(of: entry) { resource, _, range throws(WireFailure) in
            let known = resource == 0 ? nil : services[Int(resource) - 1]
            let service = known ?? counter.service("")
            var record = ItemRecord()
            notes.removeAll(keepingCapacity: true)
            let reader = WireReader(bytes, range)
            switch signal {
            case .spans:
                try self.scanner.scanSpan(reader, into: &record, notes: &notes)
                let state = ProbabilityState(bytes.extracting(record.traceState))
                counter.count(record, in: bytes, service: service, notes: notes[...], state)
            case .logs:
                try self.scanner.scanLog(reader, into: &record, notes: &notes)
                counter.count(log: record, service: service)
            case .points, .slots: break
            }
        }
    }

    // MARK: - Points

    /// Notes the points of a frame: they count in the order in which their edge took them.
    private mutating func notePoints(_ frame: Frame, _ payload: FramePayload) {
        let services = self.services(payload)
        self.forEachChunk(of: frame) { rebuilder, index, id, created in
            let bytes = payload.bytes.raw
            try? payload.forEachItem(of: frame.entries[index]) { resource, _, range throws(WireFailure) in
                rebuilder.points.add(
                    bytes.array(range),
                    service: resource == 0 ? "" : services[Int(resource) - 1] ?? "",
                    of: id,
                    created: created
                )
            }
        }
    }

    /// Counts the points of all edges, window by window, and what they remember of streams along with them.
    private mutating func countPoints() {
        let completeFrom = self.points.completeFrom
        for (run, windows) in self.points.drain() {
            let origin = self.origins?[run]
            var streams = PointCounter(
                streamsMax: self.options.limits.seriesMax,
                started: origin.map { max($0.started, $0.completeFrom, completeFrom) } ?? completeFrom
            )
            for (window, metrics) in windows {
                let place = Place(run: run, window: window)
                var counter = self.windows.removeValue(forKey: place) ?? self.counter(of: place)
                // Where nobody knows when the edge began, what began in a window is known to be new.
                if origin == nil { streams.watch(from: window.start) }
                counter.replay(metrics, &streams)
                if window.start >= self.from(of: run) { self.windows[place] = counter }
            }
        }
    }

    /// The services that a payload's resources name; nil for tables of other roles.
    private func services(_ payload: FramePayload) -> [String?] {
        payload.tables.map { table in
            table.role == .resource ? self.serviceName(WireReader(payload.bytes.raw, table.range)) : nil
        }
    }

    private func serviceName(_ envelope: WireReader) -> String {
        var result = Envelope(role: .resource, offset: 0, length: 0)
        var ignored: [AttributeNote] = []
        var reader = envelope
        while let field = reader.nextField() {
            guard field.number == 1, let range = field.payload else { continue }
            try? self.scanner.scanResource(WireReader(reader.bytes, range), into: &result, notes: &ignored)
        }
        return result.service
    }
}
