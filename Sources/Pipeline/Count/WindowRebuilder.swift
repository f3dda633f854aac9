package import Telemetry

/// Computes again the slots of windows that a crash left open, from the frames of those windows.
///
/// A frame lies in the window of its creation, and what was sampled out is in journal frames, so every span and log
/// record is counted again; of cumulative client metrics, the steps inside the window are. Slots that were stored
/// before the crash are left out by their identity (origin, window, series, part), so nothing counts twice.
/// Readings of the host's sensors are not in frames and are not rebuilt.
package struct WindowRebuilder {
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
    private let scanner = Scanner(filter: AttributeFilter(contentKeys: []))
    private var windows: [Place: WindowCounter] = [:]
    private var stored: Set<Identity> = []

    /// A rebuilder that counts as an edge with these options does.
    ///
    /// - Parameters:
    ///   - options: What the crashed process had.
    ///   - from: Chunks made before are passed over: their windows were closed, and their slots may not be given.
    package init(options: EdgeOptions, from: ClusterTime = ClusterTime(nanoseconds: 0)) {
        self.options = options
        self.from = from
    }

    /// Adds a frame of an earlier process, merged or not, in any order.
    package mutating func add(_ frame: Frame, _ payload: FramePayload) {
        if frame.header.signal == .slots { return self.noteSlots(frame, payload) }
        var counters: [Place: (counter: WindowCounter, services: [UInt32?])] = [:]
        for index in frame.entries.indices {
            let origin = frame.origin(ofEntry: index)
            guard origin.created >= self.from else { continue }
            let place = Place(run: origin.frame.run, window: Window(at: origin.created))
            var (counter, services) = counters.removeValue(forKey: place) ?? self.counter(of: place, payload)
            self.count(frame.entries[index], of: frame, payload, services, at: origin.created, into: &counter)
            counters[place] = (counter, services)
        }
        for (place, counted) in counters { self.windows[place] = counted.counter }
    }

    /// Takes a window's counter out, with what it calls the services of a payload's resources.
    private mutating func counter(
        of place: Place,
        _ payload: FramePayload
    ) -> (counter: WindowCounter, services: [UInt32?]) {
        var counter =
            self.windows.removeValue(forKey: place)
            ?? WindowCounter(options: self.options, started: place.window.start)
        let services = payload.tables.map { table -> UInt32? in
            guard table.role == .resource else { return nil }
            return counter.service(self.serviceName(WireReader(payload.bytes.raw, table.range)))
        }
        return (counter, services)
    }

    /// The slots that are not stored, by run; sorted by window, then in the order counted.
    package mutating func missing() -> [(run: RunID, slots: [Slot])] {
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
        of frame: Frame,
        _ payload: FramePayload,
        _ services: [UInt32?],
        at created: ClusterTime,
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
            switch frame.header.signal {
            case .spans:
                try self.scanner.scanSpan(reader, into: &record, notes: &notes)
                let state = ProbabilityState(bytes.extracting(record.traceState))
                counter.count(record, in: bytes, service: service, notes: notes[...], state)
            case .logs:
                try self.scanner.scanLog(reader, into: &record, notes: &notes)
                counter.count(log: record, service: service)
            case .points: counter.count(metric: reader, service: service, at: created)
            case .slots: break
            }
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
