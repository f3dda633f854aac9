/// Everything one pass over a request found; reused from request to request, so that its arrays keep their room.
package struct ScanResult: Sendable {
    /// Spans, log records or metrics, in the order met.
    package var items: [ItemRecord] = []
    /// Resources and scopes without their items, in the order met.
    package var envelopes: [Envelope] = []
    /// The bytes of all envelopes, one after the other.
    package var envelopeBytes: [UInt8] = []
    /// Attributes that ``AttributeFilter`` asked for.
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
        self.notes.removeAll(keepingCapacity: true)
        self.requestExtras.removeAll(keepingCapacity: true)
    }

    /// The bytes of one envelope.
    package func bytes(of envelope: Envelope) -> ArraySlice<UInt8> {
        self.envelopeBytes[Int(envelope.offset)..<Int(envelope.offset) + Int(envelope.length)]
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
    /// `service.name` of a resource; empty where it has none.
    package var service: String = ""
    /// `host.id`, else `host.name` of a resource; empty where it has neither.
    package var host: String = ""
    /// `service.version` of a resource; empty where it has none.
    package var version: String = ""

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
}
