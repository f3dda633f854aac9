package import Telemetry

/// Where telemetry enters: scans, redacts, counts, samples and groups, and seals frames.
///
/// One owner at a time; no clock, no IO. The shell passes cluster time, writes what ``cut(at:)`` gives, and
/// reports each frame's fate by ``confirm(_:)`` or ``fail(_:)``. Each edge has a run id of its own.
package struct Edge: ~Copyable {
    let options: EdgeOptions
    private let run: RunID
    private let scanner: Scanner
    private var sequence: UInt64 = 0
    private var window: Window
    /// Cluster time of the latest input; frames are stamped with it, so that no frame straddles two windows.
    private var lastInput: ClusterTime
    private var sealed: [SealedFrame] = []
    private var spans: FrameBuilder
    private var logs: FrameBuilder
    private var points: FrameBuilder
    private var slots: FrameBuilder
    /// What sampling left out; kept on disk only until its window's slots are.
    private var journal: FrameBuilder
    private var scan = ScanResult()
    private var operations: OperationCounter
    var series: SeriesCounter
    private var services = ServiceTable()
    private var references: [EnvelopeReference] = []
    package private(set) var accounts = EdgeAccounts()

    package init(options: EdgeOptions, run: RunID, at now: ClusterTime) {
        self.options = options
        self.run = run
        self.scanner = Scanner(filter: AttributeFilter(contentKeys: options.contentKeys))
        self.window = Window(at: now)
        self.lastInput = now
        let level = options.compressionLevel
        self.spans = FrameBuilder(signal: .spans, compressionLevel: level)
        self.logs = FrameBuilder(signal: .logs, compressionLevel: level)
        self.points = FrameBuilder(signal: .points, compressionLevel: level)
        self.slots = FrameBuilder(signal: .slots, compressionLevel: level)
        self.journal = FrameBuilder(signal: .spans, compressionLevel: level, isJournal: true)
        self.operations = OperationCounter(limits: options.limits)
        self.series = SeriesCounter(limits: options.limits)
    }

    /// Bytes staged since the last cut, before compression.
    package var stagedBytes: Int {
        self.spans.rawBytes + self.logs.rawBytes + self.points.rawBytes + self.journal.rawBytes
            + self.slots.rawBytes
    }

    /// Whether a cut would give anything.
    package var hasStaged: Bool {
        !self.sealed.isEmpty || !self.spans.isEmpty || !self.logs.isEmpty || !self.points.isEmpty
            || !self.slots.isEmpty || !self.journal.isEmpty
    }

    /// When the open window ends; ``tick(at:)`` wants to be called then.
    package var deadline: ClusterTime { self.window.end }

    /// Takes an ExportTraceServiceRequest.
    package mutating func receiveTraces(_ bytes: RawSpan, at now: ClusterTime) throws(Refusal) -> Admission {
        self.advance(to: now)
        do throws(WireFailure) { try self.scanner.scanTraces(bytes, into: &self.scan) } catch {
            throw self.refuse(.spans, .malformed(String(describing: error)))
        }
        self.noteEnvelopes(.spans)
        var admission = Admission()
        for index in self.scan.items.indices {
            if let defect = self.scan.items[index].defect {
                self.reject(.spans, defect, &admission)
            } else {
                self.takeSpan(index, bytes)
                admission.accepted += 1
            }
        }
        self.admit(.spans, UInt64(admission.accepted))
        return admission
    }

    /// Takes an ExportLogsServiceRequest.
    package mutating func receiveLogs(_ bytes: RawSpan, at now: ClusterTime) throws(Refusal) -> Admission {
        self.advance(to: now)
        do throws(WireFailure) { try self.scanner.scanLogs(bytes, into: &self.scan) } catch {
            throw self.refuse(.logs, .malformed(String(describing: error)))
        }
        self.noteEnvelopes(.logs)
        for index in self.scan.items.indices { self.takeLog(index, bytes) }
        var admission = Admission()
        admission.accepted = self.scan.items.count
        self.admit(.logs, UInt64(admission.accepted))
        return admission
    }

    /// Takes an ExportMetricsServiceRequest; what it counts is data points.
    package mutating func receiveMetrics(_ bytes: RawSpan, at now: ClusterTime) throws(Refusal) -> Admission {
        self.advance(to: now)
        do throws(WireFailure) { try self.scanner.scanMetrics(bytes, into: &self.scan) } catch {
            throw self.refuse(.points, .malformed(String(describing: error)))
        }
        self.noteEnvelopes(.points)
        var admission = Admission()
        for metric in self.scan.items {
            let reference = self.references[Int(metric.resource)]
            var item = NewItem(key: .service(self.services.names[Int(reference.service)]))
            item.resource = reference.table
            item.scope = self.references[Int(metric.scope)].table
            item.start = now.nanoseconds
            item.end = now.nanoseconds
            item.units = metric.units
            self.points.add(item, bytes: bytes.extracting(metric.body))
            admission.accepted += Int(metric.units)
        }
        self.admit(.points, UInt64(admission.accepted))
        return admission
    }

    /// Adds to a series of the open window: what the host's sensors or the program itself measured.
    package mutating func add(_ series: Series, _ value: SlotValue, at now: ClusterTime) {
        self.advance(to: now)
        self.series.add(series, value)
    }

    /// Adds slots of a window that an earlier process left open; they keep their window and part.
    package mutating func recover(_ slots: [Slot], at now: ClusterTime) {
        self.advance(to: now)
        for slot in slots { self.stage(slot) }
        self.accounts.bySignal[.slots, default: Account()].recovered += UInt64(slots.count)
        self.accounts.bySignal[.slots, default: Account()].held += UInt64(slots.count)
    }

    /// Counts a request that was turned away before it was scanned.
    @discardableResult
    package mutating func refuse(_ signal: Signal, _ refusal: Refusal) -> Refusal {
        self.accounts.refused[signal, default: [:]][refusal.reason, default: 0] += 1
        return refusal
    }

    /// Closes the window when it is over; a call too early changes nothing.
    package mutating func tick(at now: ClusterTime) { self.advance(to: now) }

    /// Closes the open window before its time, for a process that ends.
    package mutating func finish(at now: ClusterTime) {
        self.advance(to: now)
        self.closeWindow()
    }

    /// Seals everything staged; the frames are for the shell to write, in this order.
    package mutating func cut() -> [SealedFrame] {
        self.sealStaged()
        defer { self.sealed.removeAll(keepingCapacity: true) }
        return self.sealed
    }

    /// The frame is durable.
    package mutating func confirm(_ header: FrameHeader) {
        let count = UInt64(header.itemCount)
        self.settle(header.signal) { account in
            if header.flags.contains(.journal) {
                account.dropped[.sampled, default: 0] += count
            } else {
                account.out += count
            }
            account.held -= min(account.held, count)
        }
    }

    /// The frame could not be written: clients were told, so what they sent is dropped here; slots, which
    /// nobody will send again, are kept for the next cut.
    package mutating func fail(_ frame: SealedFrame) {
        if frame.header.signal == .slots {
            self.sealed.append(frame)
            return
        }
        let count = UInt64(frame.header.itemCount)
        self.settle(frame.header.signal) { account in
            account.dropped[.writeFailed, default: 0] += count
            account.held -= min(account.held, count)
        }
    }

    // MARK: - Items

    private mutating func takeSpan(_ index: Int, _ bytes: RawSpan) {
        let span = self.scan.items[index]
        let reference = self.references[Int(span.resource)]
        var state = ProbabilityState()
        if span.traceStateLength > 0 { state = ProbabilityState(bytes.extracting(span.traceState)) }
        let weight = state.weight
        let isEstimated = state.threshold.map { $0 > 0 } ?? false
        self.operations.count(span, in: bytes, service: reference.service, weight: weight, estimated: isEstimated)
        if span.end < span.start { self.accounts.reversed += 1 }
        var hasContent = false
        if span.noteCount > 0 {
            let notes = self.notes(span)
            hasContent = notes.contains { $0.meaning == .content }
            if let call = ModelCall(notes, in: bytes) {
                call.count(
                    span,
                    service: self.services.names[Int(reference.service)],
                    prices: self.options.prices,
                    weight: weight,
                    estimated: isEstimated,
                    into: &self.series
                )
            }
        }
        let isKept = self.options.sampler.keepsAll || self.options.sampler.keeps(span.trace, state)
        var item = NewItem(key: Key(span.trace))
        item.start = span.start
        item.end = span.end
        item.isRoot = span.parent == 0
        item.isError = span.status == 2
        if isKept {
            item.resource = reference.table
            item.scope = self.references[Int(span.scope)].table
            item.service = reference.name
            if item.isRoot { item.name = self.spans.name(bytes.text(span.name)) }
            if hasContent {
                self.spans.add(item, bytes: self.redacted(span, bytes).raw)
            } else {
                self.spans.add(item, bytes: bytes.extracting(span.body))
            }
        } else {
            self.stageJournal(item, index, bytes, hasContent: hasContent)
        }
    }

    private mutating func stageJournal(_ item: NewItem, _ index: Int, _ bytes: RawSpan, hasContent: Bool) {
        let span = self.scan.items[index]
        var item = item
        let resource = self.scan.envelopes[Int(span.resource)]
        item.resource = self.journal.envelope(self.scan.bytes(of: resource), role: .resource)
        if hasContent {
            self.journal.add(item, bytes: self.redacted(span, bytes).raw)
        } else {
            self.journal.add(item, bytes: bytes.extracting(span.body))
        }
    }

    private mutating func takeLog(_ index: Int, _ bytes: RawSpan) {
        let log = self.scan.items[index]
        let reference = self.references[Int(log.resource)]
        let service = self.services.names[Int(reference.service)]
        let host = self.scan.envelopes[Int(log.resource)].host
        var item = NewItem(
            key: log.trace.isValid
                ? Key(log.trace)
                : .hostMinute(host.isEmpty ? service : host, minute: self.lastInput.minute)
        )
        item.resource = reference.table
        item.scope = self.references[Int(log.scope)].table
        item.start = log.start == 0 ? self.lastInput.nanoseconds : log.start
        item.end = item.start
        item.isError = log.kind >= 17
        item.service = reference.name
        let isBodyContent = self.isContentEvent(bytes.extracting(log.name))
        let notes = self.notes(log)
        if isBodyContent || notes.contains(where: { $0.meaning == .content }) {
            self.accounts.redacted += isBodyContent ? 1 : 0
            let body = self.redacted(log, bytes, isBodyContent: isBodyContent)
            self.logs.add(item, bytes: body.raw)
        } else {
            self.logs.add(item, bytes: bytes.extracting(log.body))
        }
        self.series.add(
            Series(
                MetricName.logRecords,
                unit: "{record}",
                kind: .counter,
                subject: .service(service),
                attributes: [MetricLabel("severity", SeverityName.text(log.kind))]
            ),
            .counter(nano: 1_000_000_000)
        )
    }

    private mutating func redacted(
        _ item: ItemRecord,
        _ bytes: RawSpan,
        isBodyContent: Bool = false
    ) -> [UInt8] {
        let notes = self.notes(item)
        self.accounts.redacted += UInt64(notes.count { $0.meaning == .content })
        return self.options.redactor.redact(bytes, item: item.body, notes: notes, isBodyContent: isBodyContent)
    }

    private func notes(_ item: ItemRecord) -> ArraySlice<AttributeNote> {
        let first = Int(item.firstNote)
        return self.scan.notes[first..<min(first + Int(item.noteCount), self.scan.notes.count)]
    }

    private func isContentEvent(_ name: RawSpan) -> Bool {
        guard name.byteCount > 0, !self.options.contentEvents.isEmpty else { return false }
        let text = name.text(0..<name.byteCount)
        return self.options.contentEvents.contains { pattern in
            pattern.hasSuffix("*") ? text.hasPrefix(pattern.dropLast()) : text == pattern
        }
    }

    /// Gives every envelope of the scanned request its references in the frame that is being built.
    private mutating func noteEnvelopes(_ signal: Signal) {
        self.references.removeAll(keepingCapacity: true)
        for envelope in self.scan.envelopes {
            let bytes = self.scan.bytes(of: envelope)
            var reference = EnvelopeReference()
            let service = envelope.role == .resource ? (envelope.service.isEmpty ? "unknown_service" : envelope.service) : ""
            switch signal {
            case .spans:
                reference.table = self.spans.envelope(bytes, role: envelope.role)
                if envelope.role == .resource { reference.name = self.spans.name(service) }
            case .logs:
                reference.table = self.logs.envelope(bytes, role: envelope.role)
                if envelope.role == .resource { reference.name = self.logs.name(service) }
            default: reference.table = self.points.envelope(bytes, role: envelope.role)
            }
            if envelope.role == .resource {
                reference.service = self.services.index(service, limit: self.options.limits.servicesMax)
            }
            self.references.append(reference)
        }
    }

    // MARK: - Windows and frames

    private mutating func advance(to now: ClusterTime) {
        if now >= self.window.end {
            self.closeWindow()
            self.window = Window(at: now)
        }
        self.lastInput = max(self.lastInput, now)
    }

    private mutating func closeWindow() {
        // Items of the closing window leave with a creation time inside it.
        self.sealStaged()
        self.accounts.overflowed += self.operations.overflowCount
        let values = self.operations.drain(services: self.services.names) + self.series.drain()
        for (series, value, isEstimated) in values {
            self.stage(
                Slot(
                    series: series,
                    start: self.window.start.nanoseconds,
                    part: 0,
                    isEstimated: isEstimated,
                    value: value
                )
            )
        }
        if self.services.names.count >= self.options.limits.servicesMax { self.services = ServiceTable() }
        self.admit(.slots, UInt64(values.count))
    }

    private mutating func stage(_ slot: Slot) {
        var writer = ByteWriter()
        slot.encode(into: &writer)
        var item = NewItem(key: slot.series.key)
        item.start = slot.start
        item.end = slot.start + slot.resolution.nanoseconds
        self.slots.add(item, bytes: writer.bytes.raw)
    }

    private mutating func sealStaged() {
        let created = self.lastInput
        let run = self.run
        // Each builder is moved out of `self` for the call by the language; the counter is a local copy.
        var sequence = self.sequence
        let next: () -> UInt64 = {
            sequence += 1
            return sequence
        }
        self.sealed.append(contentsOf: self.spans.seal(run: run, created: created, nextSequence: next))
        self.sealed.append(contentsOf: self.journal.seal(run: run, created: created, nextSequence: next))
        self.sealed.append(contentsOf: self.logs.seal(run: run, created: created, nextSequence: next))
        self.sealed.append(contentsOf: self.points.seal(run: run, created: created, nextSequence: next))
        self.sealed.append(contentsOf: self.slots.seal(run: run, created: created, nextSequence: next))
        self.sequence = sequence
    }

    // MARK: - Accounts

    private mutating func admit(_ signal: Signal, _ count: UInt64) {
        self.settle(signal) { account in
            account.received += count
            account.held += count
        }
    }

    private mutating func reject(_ signal: Signal, _ defect: ItemDefect, _ admission: inout Admission) {
        admission.rejected += 1
        if admission.rejectReason == nil { admission.rejectReason = defect }
        self.accounts.rejected[signal, default: [:]][defect, default: 0] += 1
    }

    private mutating func settle(_ signal: Signal, _ change: (inout Account) -> Void) {
        change(&self.accounts.bySignal[signal, default: Account()])
    }
}

/// Where an envelope of a request went in the frame that is being built.
private struct EnvelopeReference {
    /// Reference in the frame's tables.
    var table: UInt32 = 0
    /// Index in the edge's services; of resources only.
    var service: UInt32 = 0
    /// The service's reference in the frame's names; of resources only.
    var name: UInt16 = ChunkEntry.noName
}
