package import Telemetry

extension Edge {
    /// Takes an ExportTraceServiceRequest.
    ///
    /// - Throws: ``Refusal/malformed(_:)`` where the bytes are no such request; then nothing of it was taken.
    package mutating func receiveTraces(_ bytes: RawSpan, at now: ClusterTime) throws(Refusal) -> Admission {
        self.advance(to: now)
        do throws(WireFailure) { try self.scanner.scanTraces(bytes, into: &self.scan) } catch {
            throw self.refuse(.spans, .malformed(String(describing: error)))
        }
        self.makeRoom()
        self.noteEnvelopes(.spans)
        var admission = Admission()
        for index in self.scan.items.indices {
            if let defect = self.scan.items[index].defect {
                self.reject(.spans, defect, &admission)
            } else {
                self.takeSpan(self.scan.items[index], bytes)
                admission.accepted += 1
            }
        }
        self.admit(.spans, UInt64(admission.accepted))
        return admission
    }

    private mutating func takeSpan(_ span: ItemRecord, _ bytes: RawSpan) {
        let reference = self.references[Int(span.resource)]
        var state = ProbabilityState()
        if span.traceStateLength > 0 { state = ProbabilityState(bytes.extracting(span.traceState)) }
        if span.end < span.start { self.accounts.reversed += 1 }
        let needs = span.noteCount > 0 ? self.needs(of: span) : ItemNeeds()
        let notes = needs.isCall ? self.notes(span) : []
        self.counter.count(span, in: bytes, service: reference.service, notes: notes, state)
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
            if item.isRoot { item.name = self.spans.name(LabelText.cut(bytes.extracting(span.name))) }
            if needs.isRedacted {
                self.spans.add(item, bytes: self.redacted(span, bytes).raw)
            } else {
                self.spans.add(item, bytes: bytes.extracting(span.body))
            }
        } else {
            item.resource = self.journalReference(of: span.resource)
            if needs.isRedacted {
                self.journal.add(item, bytes: self.redacted(span, bytes).raw)
            } else {
                self.journal.add(item, bytes: bytes.extracting(span.body))
            }
        }
    }

    /// The reference of a resource in the journal's frame; noted when the first span of a request needs it.
    private mutating func journalReference(of resource: UInt32) -> UInt32 {
        let known = self.references[Int(resource)].journal
        guard known == 0 else { return known }
        let bytes = self.bytes(of: self.scan.envelopes[Int(resource)])
        let reference = self.journal.envelope(bytes, role: .resource)
        self.references[Int(resource)].journal = reference
        return reference
    }

    /// What the notes of an item ask for.
    private func needs(of item: ItemRecord) -> ItemNeeds {
        var needs = ItemNeeds()
        let first = Int(item.firstNote)
        for index in first..<first + Int(item.noteCount) {
            let meaning = self.scan.notes[index].meaning
            if meaning == .content {
                needs.isRedacted = true
            } else if meaning.concernsAgents {
                needs.isCall = true
            }
        }
        return needs
    }
}

private struct ItemNeeds {
    var isRedacted = false
    /// Whether it says something about a model call, a tool or an agent.
    var isCall = false
}
