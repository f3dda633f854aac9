/// Everything one pass over a request found; reused from request to request, so that its arrays keep their room.
package struct ScanResult: Sendable {
    /// Spans, log records or metrics, in the order met.
    package var items: [ItemRecord] = []
    /// Resources and scopes without their items, in the order met.
    package var envelopes: [Envelope] = []
    /// The bytes of all envelopes, one after the other.
    package var envelopeBytes: [UInt8] = []
    /// Content in the attributes of envelopes; its ranges lie in ``envelopeBytes``.
    package var envelopeNotes: [AttributeNote] = []
    /// Attributes of items that ``AttributeFilter`` asked for, and content inside their values.
    package var notes: [AttributeNote] = []
    /// Unknown fields of the request itself, kept verbatim.
    package var requestExtras: [UInt8] = []

    /// A result of no request yet.
    package init() {}

    /// Forgets the last request and keeps the room.
    package mutating func removeAll() {
        self.items.removeAll(keepingCapacity: true)
        self.envelopes.removeAll(keepingCapacity: true)
        self.envelopeBytes.removeAll(keepingCapacity: true)
        self.envelopeNotes.removeAll(keepingCapacity: true)
        self.notes.removeAll(keepingCapacity: true)
        self.requestExtras.removeAll(keepingCapacity: true)
    }

    /// The bytes of one envelope.
    package func bytes(of envelope: Envelope) -> ArraySlice<UInt8> { self.envelopeBytes[envelope.range] }

    /// The content of one envelope.
    package func notes(of envelope: Envelope) -> ArraySlice<AttributeNote> {
        let first = Int(envelope.firstNote)
        return self.envelopeNotes[first..<first + Int(envelope.noteCount)]
    }

    /// Copies a field into the envelope bytes, and moves with it what was noted in it.
    mutating func appendToEnvelope(_ bytes: RawSpan, _ field: Range<Int>, notesFrom first: Int) {
        for index in first..<self.envelopeNotes.count {
            self.envelopeNotes[index].move(by: self.envelopeBytes.count - field.lowerBound)
        }
        self.envelopeBytes.append(bytes, field)
    }
}

/// A resource or a scope as sent: all fields of its message but the repeated items, verbatim.
package struct Envelope: Sendable {
    /// What an envelope is.
    package enum Role: UInt8, Sendable {
        case resource = 0
        case scope = 1
        /// Unknown fields of a whole request.
        case request = 2
    }

    /// What it is.
    package var role: Role
    /// Place in ``ScanResult/envelopeBytes``.
    package var offset: UInt32
    /// Bytes of it.
    package var length: UInt32
    /// Index of the first of its notes in ``ScanResult/envelopeNotes``.
    package var firstNote: UInt32 = 0
    /// How many notes there are.
    package var noteCount: UInt32 = 0
    /// `service.name` of a resource; empty where it has none.
    package var service: String = ""
    /// `host.id`, else `host.name` of a resource; empty where it has neither.
    package var host: String = ""
    /// `service.version` of a resource; empty where it has none.
    package var version: String = ""

    /// Where it stands in ``ScanResult/envelopeBytes``.
    package var range: Range<Int> { Int(self.offset)..<Int(self.offset) + Int(self.length) }

    /// An envelope that names nobody yet.
    package init(role: Role, offset: Int, length: Int) {
        self.role = role
        self.offset = UInt32(truncatingIfNeeded: offset)
        self.length = UInt32(truncatingIfNeeded: length)
    }
}

/// One attribute that somebody downstream wants: where its whole KeyValue and its AnyValue stand.
package struct AttributeNote: Sendable {
    /// What the filter says the key means.
    package var meaning: AttributeMeaning
    /// The payload of the KeyValue message.
    package var pairOffset: UInt32
    /// Bytes of it.
    package var pairLength: UInt32
    /// The payload of the AnyValue message; empty when the pair has none.
    package var valueOffset: UInt32
    /// Bytes of it.
    package var valueLength: UInt32

    /// Where the KeyValue stands.
    package var pair: Range<Int> { Int(self.pairOffset)..<Int(self.pairOffset) + Int(self.pairLength) }
    /// Where the AnyValue stands.
    package var value: Range<Int> { Int(self.valueOffset)..<Int(self.valueOffset) + Int(self.valueLength) }

    /// The same note where its bytes were copied elsewhere.
    mutating func move(by distance: Int) {
        self.pairOffset = UInt32(truncatingIfNeeded: Int(self.pairOffset) + distance)
        self.valueOffset = UInt32(truncatingIfNeeded: Int(self.valueOffset) + distance)
    }
}
