internal import Telemetry

extension Edge {
    /// Staged bytes beyond which a request first seals what is there.
    ///
    /// With the largest request on top, no frame comes near ``FrameHeader/frameBytesMax``, beyond which it could
    /// not be read back.
    static let stagedBytesMax = 8 << 20

    /// Gives every envelope of the scanned request its references in the frame that is being built.
    mutating func noteEnvelopes(_ signal: Signal) {
        self.references.removeAll(keepingCapacity: true)
        if !self.scan.requestExtras.isEmpty {
            switch signal {
            case .spans: self.spans.keep(requestExtras: self.scan.requestExtras)
            case .logs: self.logs.keep(requestExtras: self.scan.requestExtras)
            default: self.points.keep(requestExtras: self.scan.requestExtras)
            }
        }
        for index in self.scan.envelopes.indices {
            let envelope = self.scan.envelopes[index]
            let bytes = self.bytes(of: envelope)
            self.accounts.redacted += UInt64(envelope.noteCount)
            var reference = EnvelopeReference()
            switch signal {
            case .spans: reference.table = self.spans.envelope(bytes, role: envelope.role)
            case .logs: reference.table = self.logs.envelope(bytes, role: envelope.role)
            default: reference.table = self.points.envelope(bytes, role: envelope.role)
            }
            if envelope.role == .resource {
                let service = envelope.service.isEmpty ? "unknown_service" : LabelText.cut(envelope.service)
                if signal == .spans { reference.name = self.spans.name(service) }
                if signal == .logs { reference.name = self.logs.name(service) }
                reference.service = self.counter.service(service)
            }
            self.references.append(reference)
        }
    }

    /// An envelope as it may reach a disk.
    func bytes(of envelope: Envelope) -> ArraySlice<UInt8> {
        guard envelope.noteCount > 0 else { return self.scan.bytes(of: envelope) }
        return self.options.redactor.redact(
            self.scan.envelopeBytes.raw,
            item: envelope.range,
            notes: self.scan.notes(of: envelope)
        )[...]
    }

    /// Seals before a request is staged when much is staged already.
    mutating func makeRoom() {
        if self.stagedBytes > Self.stagedBytesMax { self.sealStaged() }
    }

    /// Moves on to the window of an instant; an instant before the latest one changes nothing.
    mutating func advance(to now: ClusterTime) {
        if now >= self.window.end {
            self.closeWindow()
            self.window = Window(at: now)
            self.part = 0
        }
        self.lastInput = max(self.lastInput, now)
    }

    /// Turns everything counted in the open window into slots.
    mutating func closeWindow() {
        // Items of the closing window leave with a creation time inside it.
        self.sealStaged()
        self.accounts.overflowed += self.counter.overflowCount
        self.accounts.impossible += self.counter.impossibleCount
        let values = self.counter.drain()
        for (series, value, isEstimated) in values {
            self.stage(
                Slot(
                    series: series,
                    start: self.window.start.nanoseconds,
                    part: self.part,
                    isEstimated: isEstimated,
                    value: value
                )
            )
        }
        self.part &+= 1
        self.admit(.slots, UInt64(values.count))
    }

    /// Stages one slot.
    mutating func stage(_ slot: Slot) { self.stage(slot, slot.encodedBytes) }

    /// Stages one slot, which these bytes are.
    mutating func stage(_ slot: Slot, _ bytes: [UInt8]) {
        var item = NewItem(key: slot.series.key)
        item.start = slot.start
        if case .distinct = slot.value { item.isDistinct = true }
        item.end = slot.start.saturatingAdd(slot.resolution.nanoseconds)
        self.slots.add(item, bytes: bytes.raw)
    }

    /// Seals everything staged into frames that wait for the next cut: group by group, or as parts where that
    /// would make them small.
    ///
    /// Slots are never parts: their origin is the run of the frame that they travel in, and they come once a window.
    mutating func sealStaged() {
        let created = self.lastInput
        let (run, groups) = (self.run, self.groups)
        let partBytes = self.options.partBytesMax * groups.count
        // Each builder is moved out of `self` for the call by the language; the counter is a local copy.
        var sequence = self.sequence
        let next: () -> UInt64 = {
            sequence += 1
            return sequence
        }
        self.sealed +=
            self.spans.rawBytes < partBytes
            ? self.spans.seal(run: run, created: created, mark: .part, nextSequence: next)
            : self.spans.seal(run: run, created: created, groups: groups, nextSequence: next)
        self.sealed += self.journal.seal(run: run, created: created, nextSequence: next)
        self.sealed +=
            self.logs.rawBytes < partBytes
            ? self.logs.seal(run: run, created: created, mark: .part, nextSequence: next)
            : self.logs.seal(run: run, created: created, groups: groups, nextSequence: next)
        self.sealed +=
            self.points.rawBytes < partBytes
            ? self.points.seal(run: run, created: created, mark: .part, nextSequence: next)
            : self.points.seal(run: run, created: created, groups: groups, nextSequence: next)
        self.sealed += self.slots.seal(run: run, created: created, groups: groups, nextSequence: next)
        self.sequence = sequence
    }
}

/// Where an envelope of a request went in the frame that is being built.
struct EnvelopeReference {
    /// Reference in the frame's tables.
    var table: UInt32 = 0
    /// Reference in the tables of the journal's frame; zero until a span needs it.
    var journal: UInt32 = 0
    /// Index in the edge's services; of resources only.
    var service: UInt32 = 0
    /// The service's reference in the frame's names; of resources only.
    var name: UInt16 = ChunkEntry.noName
}
