internal import Telemetry

// What requests and answers have in common.

extension ByteWriter {
    mutating func list<Element>(_ elements: [Element], _ write: (inout ByteWriter, Element) -> Void) {
        self.varint(UInt64(elements.count))
        for element in elements { write(&self, element) }
    }

    mutating func option<Value>(_ value: Value?, _ write: (inout ByteWriter, Value) -> Void) {
        self.byte(value == nil ? 0 : 1)
        if let value { write(&self, value) }
    }

    mutating func id(_ trace: TraceID) {
        self.fixed64(trace.high)
        self.fixed64(trace.low)
    }

    mutating func id(_ frame: FrameID) {
        self.fixed64(frame.run.high)
        self.fixed64(frame.run.low)
        self.varint(frame.sequence)
    }

    mutating func id(_ chunk: ChunkID) {
        self.id(chunk.frame)
        self.fixed64(chunk.key.high)
        self.fixed64(chunk.key.low)
    }

    mutating func bucket(_ bucket: SlotBucket) {
        self.count(bucket.partition)
        self.varint(bucket.period)
    }

    /// A number that is never negative; what is counts as none.
    mutating func count(_ count: Int) { self.varint(UInt64(max(count, 0))) }

    /// Bytes with their length before them.
    mutating func data(_ data: [UInt8]) {
        self.count(data.count)
        self.bytes(data.raw)
    }
}

extension WireReader {
    /// How many elements follow: of each at least a byte must still be there.
    mutating func count(max: Int = .max) throws(WireFailure) -> Int {
        let start = self.offset
        let count = try self.varint()
        guard count <= UInt64(max), count <= UInt64(self.end - self.offset) else {
            throw .tooMany(atByte: start)
        }
        return Int(count)
    }

    /// A number that bounds an answer; what does not fit an `Int` is as good as no bound.
    mutating func limit() throws(WireFailure) -> Int { Int(clamping: try self.varint()) }

    mutating func flag() throws(WireFailure) -> Bool {
        let start = self.offset
        let byte = try self.byte()
        guard byte <= 1 else { throw .invalidTag(atByte: start) }
        return byte == 1
    }

    mutating func optionalText() throws(WireFailure) -> String? { try self.flag() ? try self.text() : nil }

    mutating func signal() throws(WireFailure) -> Signal {
        let start = self.offset
        guard let signal = Signal(rawValue: try self.byte()) else { throw .invalidTag(atByte: start) }
        return signal
    }

    mutating func id() throws(WireFailure) -> TraceID {
        TraceID(high: try self.fixed64(), low: try self.fixed64())
    }

    mutating func frame() throws(WireFailure) -> FrameID {
        let run = RunID(high: try self.fixed64(), low: try self.fixed64())
        return FrameID(run: run, sequence: try self.varint())
    }

    mutating func chunk() throws(WireFailure) -> ChunkID {
        let frame = try self.frame()
        return ChunkID(frame: frame, key: Key(high: try self.fixed64(), low: try self.fixed64()))
    }

    mutating func bucket() throws(WireFailure) -> SlotBucket {
        let start = self.offset
        let partition = try self.varint()
        guard partition < UInt64(Key.partitionCount) else { throw .tooMany(atByte: start) }
        return SlotBucket(partition: Int(partition), period: try self.varint())
    }

    /// A 32-bit number as varint.
    mutating func number32() throws(WireFailure) -> UInt32 {
        let start = self.offset
        guard let number = UInt32(exactly: try self.varint()) else { throw .tooMany(atByte: start) }
        return number
    }

    mutating func data() throws(WireFailure) -> [UInt8] {
        let range = try self.lengthDelimited()
        return self.bytes.array(range)
    }
}
