/// One field of a message: its JSON name, its number, and how its value is written in both encodings.
struct OTLPField: Sendable {
    /// How a value stands on the wire and in JSON.
    enum Kind: Sendable {
        case string
        /// Bytes as base64.
        case bytes
        /// A trace or span id: bytes as hexadecimal digits, the exception of OTLP/JSON.
        case id
        case bool
        case int32
        case uint32
        case sint32
        case int64
        case uint64
        case fixed32
        case fixed64
        case sfixed64
        case double
        case enumeration(OTLPEnumeration)
        case message(OTLPMessage)
        /// A `google.protobuf.Any`, only written, never read.
        case any
    }

    /// When a value that equals the default is on the wire.
    enum Presence: Sendable {
        /// Never: the default means absence.
        case implicit
        /// When it was set.
        case optional
        /// When it was set, and at most one of these fields of the message is.
        case oneof
        /// Any number of values; numbers are packed.
        case repeated
    }

    /// The lowerCamelCase name.
    let name: String
    let number: UInt8
    let kind: Kind
    let presence: Presence

    init(_ name: String, _ number: UInt8, _ kind: Kind, _ presence: Presence = .implicit) {
        self.name = name
        self.number = number
        self.kind = kind
        self.presence = presence
    }

    /// The name as the `.proto` file has it; accepted on input, because some senders use it.
    var protobufName: String {
        self.name.reduce(into: "") { name, character in
            if character.isUppercase { name += "_" }
            name += character.lowercased()
        }
    }

    /// The wire type of one value that is not packed.
    var wireType: UInt8 {
        switch self.kind {
        case .bool, .int32, .uint32, .sint32, .int64, .uint64, .enumeration: 0
        case .fixed64, .sfixed64, .double: 1
        case .string, .bytes, .id, .message, .any: 2
        case .fixed32: 5
        }
    }

    /// Repeated numbers share one length on the wire.
    var isPacked: Bool {
        if case .repeated = self.presence { return self.wireType != 2 }
        return false
    }

    /// The tag before a value: number and wire type.
    var tag: UInt64 {
        UInt64(self.number) &<< 3 | UInt64(self.isPacked ? 2 : self.wireType)
    }
}
