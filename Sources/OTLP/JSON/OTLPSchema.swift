/// The table of ``OTLPMessage`` laid out for speed: flat arrays of plain values, names as words.
struct OTLPSchema: Sendable {
    /// A field as the transcoders need it.
    struct Entry: Sendable {
        var kind: OTLPField.Kind
        var presence: OTLPField.Presence
        var isPacked: Bool
        var number: UInt8
        var tag: UInt64
        /// The wire type of one value that is not packed.
        var kindWireType: UInt8
        /// A bit of its own among the fields of its message.
        var bit: UInt32

        var isRepeated: Bool {
            if case .repeated = self.presence { return true }
            return false
        }

        var isImplicit: Bool {
            if case .implicit = self.presence { return true }
            return false
        }

        var isOneof: Bool {
            if case .oneof = self.presence { return true }
            return false
        }
    }

    /// A member name of at most 24 bytes as three words, filled up with zeros.
    struct Name: Equatable, Sendable {
        static let bytesMax = 24

        private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        private var length: Int

        /// Reads a name from a text; nil when it is longer than any in the table.
        @inline(__always)
        init?(_ text: borrowing Span<UInt8>, from start: Int, to end: Int) {
            self.length = end &- start
            guard self.length <= Self.bytesMax else { return nil }
            self.words.0 = Self.word(text, from: start, to: end)
            if self.length > 8 {
                self.words.1 = Self.word(text, from: start &+ 8, to: end)
                self.words.2 = Self.word(text, from: start &+ 16, to: end)
            }
        }

        @inline(__always)
        private static func word(_ text: borrowing Span<UInt8>, from start: Int, to end: Int) -> UInt64 {
            let length = end &- start
            guard length > 0 else { return 0 }
            guard start >= 0, start &+ 8 <= text.count else {
                return Self.lastWord(text, from: start, to: end)
            }
            let raw = unsafe text.bytes
            let loaded = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: start, as: UInt64.self)
            let word = UInt64(littleEndian: loaded)
            return length >= 8 ? word : word & (1 &<< (UInt64(length) &* 8) &- 1)
        }

        private static func lastWord(_ text: borrowing Span<UInt8>, from start: Int, to end: Int) -> UInt64 {
            var word: UInt64 = 0
            for index in (start..<min(end, start &+ 8)).reversed() {
                word = word &<< 8 | UInt64(text[index])
            }
            return word
        }

        @inline(__always)
        static func == (left: Name, right: Name) -> Bool {
            left.words.0 == right.words.0 && left.length == right.length && left.words.1 == right.words.1
                && left.words.2 == right.words.2
        }
    }

    /// Made once; it never changes.
    static let shared = OTLPSchema()

    private(set) var entries: [Entry] = []
    /// The names as JSON has them, one for each entry.
    private(set) var keys: [[UInt8]] = []
    /// Which entries a message has, by its raw value.
    private(set) var entryRanges: [Range<Int>] = []
    private var names: [(name: Name, entry: Int)] = []
    private var nameRanges: [Range<Int>] = []

    private init() {
        for message in OTLPMessage.allCases {
            let first = self.entries.count
            var protobufNames: [(name: Name, entry: Int)] = []
            let firstName = self.names.count
            for (position, field) in message.fields.enumerated() {
                let entry = self.entries.count
                self.entries.append(
                    Entry(
                        kind: field.kind,
                        presence: field.presence,
                        isPacked: field.isPacked,
                        number: field.number,
                        tag: field.tag,
                        kindWireType: field.wireType,
                        bit: 1 &<< UInt32(position)
                    )
                )
                let key = Array(field.name.utf8)
                self.keys.append(key)
                if let name = Name(key.span, from: 0, to: key.count) { self.names.append((name, entry)) }
                let protobufKey = Array(field.protobufName.utf8)
                if protobufKey != key, let name = Name(protobufKey.span, from: 0, to: protobufKey.count) {
                    protobufNames.append((name, entry))
                }
            }
            self.entryRanges.append(first..<self.entries.count)
            // Behind the names that well-behaved senders use.
            self.names += protobufNames
            self.nameRanges.append(firstName..<self.names.count)
        }
    }

    /// The entry of a message's field by its name in JSON, or nil when the message has none of this name.
    @inline(__always)
    func entry(named name: Name, in message: OTLPMessage) -> Int? {
        for index in self.nameRanges[message.rawValue] where self.names[index].name == name {
            return self.names[index].entry
        }
        return nil
    }

    /// The entry of a message's field by its number on the wire.
    func entry(numbered number: UInt64, in message: OTLPMessage) -> Int? {
        for index in self.entryRanges[message.rawValue] where UInt64(self.entries[index].number) == number {
            return index
        }
        return nil
    }
}
