package import Telemetry

extension Edge {
    /// Takes an ExportLogsServiceRequest.
    ///
    /// - Throws: ``Refusal/malformed(_:)`` where the bytes are no such request; then nothing of it was taken.
    package mutating func receiveLogs(_ bytes: RawSpan, at now: ClusterTime) throws(Refusal) -> Admission {
        self.advance(to: now)
        do throws(WireFailure) { try self.scanner.scanLogs(bytes, into: &self.scan) } catch {
            throw self.refuse(.logs, .malformed(String(describing: error)))
        }
        self.makeRoom()
        self.noteEnvelopes(.logs)
        for index in self.scan.items.indices { self.takeLog(self.scan.items[index], bytes) }
        var admission = Admission()
        admission.accepted = self.scan.items.count
        self.admit(.logs, UInt64(admission.accepted))
        return admission
    }

    private mutating func takeLog(_ log: ItemRecord, _ bytes: RawSpan) {
        let reference = self.references[Int(log.resource)]
        let service = self.counter.services.names[Int(reference.service)]
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
        let isBodyContent = self.isContentEvent(log, bytes)
        if isBodyContent || self.notes(log).contains(where: { $0.meaning == .content }) {
            self.accounts.redacted += isBodyContent ? 1 : 0
            let body = self.redacted(log, bytes, isBodyContent: isBodyContent)
            self.logs.add(item, bytes: body.raw)
        } else {
            self.logs.add(item, bytes: bytes.extracting(log.body))
        }
        self.counter.count(log: log, service: reference.service)
    }

    /// Whether a record is an event whose body is content, by its event name or, in older dialects, by an attribute.
    private func isContentEvent(_ log: ItemRecord, _ bytes: RawSpan) -> Bool {
        guard !self.options.contentEvents.isEmpty else { return false }
        var names = log.nameLength > 0 ? [bytes.text(log.name)] : []
        for note in self.notes(log) where note.meaning == .eventName {
            if let name = WireReader(bytes, note.value).value()?.text { names.append(name) }
        }
        return names.contains { name in
            self.options.contentEvents.contains { pattern in
                pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
            }
        }
    }

    /// The item's bytes without content; counts what was taken out.
    mutating func redacted(_ item: ItemRecord, _ bytes: RawSpan, isBodyContent: Bool = false) -> [UInt8] {
        let notes = self.notes(item)
        self.accounts.redacted += UInt64(notes.count { $0.meaning == .content })
        return self.options.redactor.redact(
            bytes,
            item: item.body,
            notes: notes,
            isBodyContent: isBodyContent
        )
    }

    /// What the scan noted about one item.
    func notes(_ item: ItemRecord) -> ArraySlice<AttributeNote> {
        let first = Int(item.firstNote)
        return self.scan.notes[first..<first + Int(item.noteCount)]
    }
}
