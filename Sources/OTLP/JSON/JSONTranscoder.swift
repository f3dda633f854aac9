/// Turns one OTLP/JSON message into protobuf bytes, in one pass, without building objects.
///
/// Open messages stand on a stack of plain values, never on the call stack. A member that comes twice is written
/// twice: protobuf itself says that the last scalar wins, that messages merge and that lists add up.
struct JSONTranscoder: ~Copyable, ~Escapable {
    /// A message whose closing brace has not come yet.
    struct Frame {
        var message: OTLPMessage
        /// Where its content starts in the output.
        var start: Int
        /// The entry of the list that the message is an element of, or -1.
        var list: Int
        var hasMembers = false
        /// The bits of the fields that were written.
        var written: UInt32 = 0
    }

    var reader: JSONReader
    var output = ProtobufBuffer()
    let schema = OTLPSchema.shared
    var frames: [Frame] = []

    @_lifetime(copy json)
    init(_ json: Span<UInt8>) {
        self.reader = JSONReader(json)
        self.output.bytes.reserveCapacity(json.count / 2)
        self.frames.reserveCapacity(JSONReader.depthMax)
    }

    /// Reads the whole text as one message.
    mutating func run(as root: OTLPMessage) throws(JSONFailure) -> [UInt8] {
        self.reader.skipSpace()
        try self.openMessage(root, list: -1)
        while var frame = self.frames.popLast() {
            try self.members(of: &frame)
        }
        try self.reader.end()
        return self.output.bytes
    }

    /// Reads members of the innermost message until it ends or another opens within it.
    ///
    /// The frame was taken off the stack; it goes back unless its message ended.
    private mutating func members(of frame: inout Frame) throws(JSONFailure) {
        while true {
            self.reader.skipSpace()
            if self.reader.current == UInt8(ascii: "}") {
                self.reader.offset &+= 1
                return try self.closeMessage(frame)
            }
            if frame.hasMembers {
                try self.reader.expect(UInt8(ascii: ","), .commaOrObjectEnd)
                self.reader.skipSpace()
            }
            guard self.reader.current == UInt8(ascii: "\"") else {
                throw self.reader.failure(frame.hasMembers ? .member : .memberOrEnd)
            }
            frame.hasMembers = true
            let name = try self.reader.memberName()
            guard let index = self.entry(named: name, in: frame.message) else {
                try self.reader.skipValue(depth: self.frames.count &+ 1)
                continue
            }
            if self.reader.current == UInt8(ascii: "n") {
                try self.reader.literal("null", .value)
                continue
            }
            let entry = self.schema.entries[index]
            if case .message(let child) = entry.kind {
                if entry.isRepeated {
                    try self.reader.expect(UInt8(ascii: "["), .array)
                    self.reader.skipSpace()
                    if self.reader.current == UInt8(ascii: "]") {
                        self.reader.offset &+= 1
                        continue
                    }
                }
                self.frames.append(frame)
                self.output.varint(entry.tag)
                return try self.openMessage(child, list: entry.isRepeated ? index : -1)
            }
            try self.scalarField(entry, in: &frame)
        }
    }

    @inline(__always)
    private mutating func entry(
        named token: JSONReader.StringToken,
        in message: OTLPMessage
    ) -> Int? {
        if token.isPlain {
            guard let name = OTLPSchema.Name(self.reader.bytes, from: token.start, to: token.end) else {
                return nil
            }
            return self.schema.entry(named: name, in: message)
        }
        var text: [UInt8] = []
        self.reader.unescape(token, into: &text)
        guard let name = OTLPSchema.Name(text.span, from: 0, to: text.count) else { return nil }
        return self.schema.entry(named: name, in: message)
    }

    @inline(__always)
    private mutating func openMessage(_ message: OTLPMessage, list: Int) throws(JSONFailure) {
        guard self.frames.count < JSONReader.depthMax else { throw self.reader.failure(.shallow) }
        try self.reader.expect(UInt8(ascii: "{"), .object)
        let start = self.output.open(reserving: message.lengthBytesGuess)
        self.frames.append(Frame(message: message, start: start, list: list))
    }

    /// Writes the length of a message that ended, and opens the next one of its list.
    private mutating func closeMessage(_ frame: Frame) throws(JSONFailure) {
        if self.frames.isEmpty { return }
        self.output.close(at: frame.start, reserved: frame.message.lengthBytesGuess)
        guard frame.list >= 0 else { return }
        self.reader.skipSpace()
        if self.reader.current == UInt8(ascii: "]") {
            self.reader.offset &+= 1
            return
        }
        try self.reader.expect(UInt8(ascii: ","), .commaOrArrayEnd)
        self.reader.skipSpace()
        self.output.varint(self.schema.entries[frame.list].tag)
        try self.openMessage(frame.message, list: frame.list)
    }
}
