/// Protobuf bytes in the making.
///
/// A length stands before its content but is known after it: room is reserved by a guess, and when the guess was
/// wrong the content moves by the difference. Nesting is bounded, so all moves together are linear in the output.
struct ProtobufBuffer {
    var bytes: [UInt8] = []

    @inline(__always)
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        self.bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func fixed32(_ value: UInt32) {
        for shift in stride(from: 0 as UInt32, to: 32, by: 8) {
            self.bytes.append(UInt8(truncatingIfNeeded: value &>> shift))
        }
    }

    @inline(__always)
    mutating func fixed64(_ value: UInt64) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe self.bytes.append(contentsOf: $0) }
    }

    /// Appends a part of a text.
    @inline(__always)
    mutating func append(_ text: borrowing Span<UInt8>) {
        unsafe text.withUnsafeBufferPointer { unsafe self.bytes.append(contentsOf: $0) }
    }

    /// Starts content with a length before it.
    ///
    /// - Returns: where the content starts; ``close(at:reserved:)`` wants it back.
    @inline(__always)
    mutating func open(reserving reserved: Int) -> Int {
        for _ in 0..<reserved { self.bytes.append(0) }
        return self.bytes.count
    }

    /// Ends content: writes its length into the room before it.
    mutating func close(at start: Int, reserved: Int) {
        var length = UInt64(truncatingIfNeeded: self.bytes.count &- start)
        var position = start &- reserved
        let needed = Self.varintLength(length)
        if needed > reserved {
            self.bytes.insert(contentsOf: repeatElement(0, count: needed &- reserved), at: start)
        } else if needed < reserved {
            self.bytes.removeSubrange(position..<position &+ reserved &- needed)
        }
        while length >= 0x80 {
            self.bytes[position] = UInt8(truncatingIfNeeded: length) | 0x80
            length &>>= 7
            position &+= 1
        }
        self.bytes[position] = UInt8(truncatingIfNeeded: length)
    }

    /// How many bytes a varint takes, 1 to 10.
    static func varintLength(_ value: UInt64) -> Int {
        (70 &- (value | 1).leadingZeroBitCount) / 7
    }
}

extension ProtobufBuffer {
    /// Writes a field with a signed integer, unless it is 0.
    mutating func integer(_ number: UInt64, _ value: Int64) {
        guard value != 0 else { return }
        self.varint(number &<< 3)
        self.varint(UInt64(bitPattern: value))
    }

    /// Writes a field with a text, unless it is empty.
    mutating func text(_ number: UInt64, _ value: String) {
        guard !value.isEmpty else { return }
        self.varint(number &<< 3 | 2)
        self.varint(UInt64(value.utf8.count))
        self.bytes.append(contentsOf: value.utf8)
    }

    /// Writes a field with a message, or with bytes, that the body writes.
    mutating func message(_ number: UInt64, _ body: (inout ProtobufBuffer) -> Void) {
        self.varint(number &<< 3 | 2)
        let start = self.open(reserving: 1)
        body(&self)
        self.close(at: start, reserved: 1)
    }
}
