package import Telemetry

/// The question for a node's figures, and the bytes of the answer, version 1.
///
/// Both go the way of a read. The question is two bytes, 0x80 and the version; a read begins with its own version, which
/// stays below 0x80. The answer: byte version, then the fields in the order of their declaration. The run is two fixed64,
/// high word first; texts have a varint length before them, lists a varint count; doubles are fixed64, signed numbers zigzag, all
/// other numbers varints. A family is name, help, kind and readings, a reading suffix, double and labels, all of them texts
/// else. An option is a byte 0, or 1 and the value. What follows the last known field is skipped, so that fields may be added.
extension NodeFigures {
    /// The version that is written, and the only one that is read.
    package static let wireVersion: UInt8 = 1
    /// The question.
    package static let question: [UInt8] = [0x80, Self.wireVersion]
    /// An answer of more bytes is refused.
    package static let bytesMax = 4 << 20
    private static let familiesMax = 1024
    private static let readingsMax = 4096
    private static let labelsMax = 16

    /// Whether a question between nodes is for figures, of any version, and not a read.
    package static func isAsked(by question: [UInt8]) -> Bool { question.first == 0x80 }

    /// The answer as it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 4096)
        writer.byte(Self.wireVersion)
        writer.fixed64(self.run.high)
        writer.fixed64(self.run.low)
        for text in [self.version, self.hostName, self.hostID] { writer.shortText(text) }
        writer.varint(self.uptimeSeconds)
        self.process.encode(into: &writer)
        writer.list(self.load) { writer, load in
            writer.byte(load.signal.rawValue)
            writer.double(load.taken)
            writer.double(load.copied)
        }
        self.writes.encode(into: &writer)
        self.store.encode(into: &writer)
        writer.list(self.families) { $0.family($1) }
        writer.list(self.agents) { $0.agent($1) }
        return writer.bytes
    }

    /// Reads a whole answer.
    ///
    /// - Throws: ``WireFailure`` where the bytes are none: another version (`invalidTag` at 0), or too much of something.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        guard bytes.byteCount <= Self.bytesMax else { throw .tooMany(atByte: 0) }
        var reader = WireReader(bytes)
        guard try reader.byte() == Self.wireVersion else { throw .invalidTag(atByte: 0) }
        self.init(
            run: RunID(high: try reader.fixed64(), low: try reader.fixed64()),
            version: try reader.shortText(),
            hostName: try reader.shortText(),
            hostID: try reader.shortText(),
            uptimeSeconds: try reader.varint(),
            process: try Process(from: &reader)
        )
        for _ in 0..<(try reader.count(max: Signal.allCases.count)) {
            guard let signal = Signal(rawValue: try reader.byte()) else {
                throw .invalidTag(atByte: reader.offset)
            }
            self.load.append(
                Load(signal: signal, taken: try reader.finite(), copied: try reader.finite())
            )
        }
        self.writes = try Writes(from: &reader)
        self.store = try Store(from: &reader)
        for _ in 0..<(try reader.count(max: Self.familiesMax)) { self.families.append(try reader.family()) }
        for _ in 0..<(try reader.count(max: AgentBook.agentsMax)) { self.agents.append(try reader.agent()) }
    }

    fileprivate static func readings(from reader: inout WireReader) throws(WireFailure) -> [MetricReading] {
        var readings: [MetricReading] = []
        for _ in 0..<(try reader.count(max: self.readingsMax)) {
            let suffix = try reader.shortText()
            let value = try reader.finite()
            var labels: [MetricLabel] = []
            for _ in 0..<(try reader.count(max: self.labelsMax)) {
                labels.append(MetricLabel(try reader.shortText(), try reader.shortText()))
            }
            readings.append(MetricReading(value, suffix: suffix, labels: labels))
        }
        return readings
    }
}

extension NodeFigures.Process {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.varint(self.residentBytes)
        writer.double(self.cpuCores)
        writer.zigzag(self.certificateSeconds)
        writer.varint(self.sickness)
    }

    fileprivate init(from reader: inout WireReader) throws(WireFailure) {
        self.init(
            residentBytes: try reader.varint(),
            cpuCores: try reader.finite(),
            certificateSeconds: try reader.zigzag(),
            sickness: try reader.varint()
        )
    }
}

extension NodeFigures.Writes {
    fileprivate func encode(into writer: inout ByteWriter) {
        for number in [self.framesUnderWay, self.bytesUnderWay, self.owedFrames] { writer.varint(number) }
        writer.list(self.owedPartitions) { $0.varint(UInt64(clamping: $1)) }
        writer.varint(self.foreignChunks)
    }

    fileprivate init(from reader: inout WireReader) throws(WireFailure) {
        self.init(
            framesUnderWay: try reader.varint(),
            bytesUnderWay: try reader.varint(),
            owedFrames: try reader.varint()
        )
        for _ in 0..<(try reader.count(max: Key.partitionCount)) {
            let start = reader.offset
            let partition = try reader.varint()
            guard partition < UInt64(Key.partitionCount) else { throw .tooMany(atByte: start) }
            self.owedPartitions.append(Int(partition))
        }
        self.foreignChunks = try reader.varint()
    }
}

extension NodeFigures.Store {
    fileprivate func encode(into writer: inout ByteWriter) {
        for number in [self.bytes, self.segments, self.queuedBytes, self.unindexedFrames] {
            writer.varint(number)
        }
        writer.double(self.unindexedSeconds)
        writer.varint(self.unsealedLogs)
    }

    fileprivate init(from reader: inout WireReader) throws(WireFailure) {
        self.init(
            bytes: try reader.varint(),
            segments: try reader.varint(),
            queuedBytes: try reader.varint(),
            unindexedFrames: try reader.varint(),
            unindexedSeconds: try reader.finite(),
            unsealedLogs: try reader.varint()
        )
    }
}

extension ByteWriter {
    /// A text, cut to what ``WireReader/shortText()`` takes.
    fileprivate mutating func shortText(_ text: String) {
        var text = text
        while text.utf8.count > shortTextBytesMax { text.removeLast() }
        self.text(text)
    }

    fileprivate mutating func list<Element>(
        _ elements: [Element],
        _ write: (inout ByteWriter, Element) -> Void
    ) {
        self.varint(UInt64(elements.count))
        for element in elements { write(&self, element) }
    }

    fileprivate mutating func family(_ family: MetricFamily) {
        for text in [family.name, family.help, family.kind.rawValue] { self.shortText(text) }
        self.list(family.readings) { writer, reading in
            writer.shortText(reading.suffix)
            writer.double(reading.value)
            writer.list(reading.labels) { writer, label in
                writer.shortText(label.name)
                writer.shortText(label.value)
            }
        }
    }

    fileprivate mutating func agent(_ agent: AgentFigures) {
        self.text(agent.name.text)
        self.varint(agent.connections)
        self.byte(agent.connectedSince == nil ? 0 : 1)
        if let since = agent.connectedSince { self.varint(since.nanoseconds) }
        for number in [agent.lastHeard.nanoseconds, agent.frames, agent.items, agent.bytes] {
            self.varint(number)
        }
    }
}

extension WireReader {
    /// How many elements follow: of each at least a byte must still be there.
    fileprivate mutating func count(max: Int) throws(WireFailure) -> Int {
        let start = self.offset
        let count = try self.varint()
        guard count <= UInt64(max), count <= UInt64(self.end - self.offset) else {
            throw .tooMany(atByte: start)
        }
        return Int(count)
    }

    /// A double that can be added up and shown.
    fileprivate mutating func finite() throws(WireFailure) -> Double {
        let start = self.offset
        let value = try self.double()
        guard value.isFinite else { throw .invalidTag(atByte: start) }
        return value
    }

    fileprivate mutating func family() throws(WireFailure) -> MetricFamily {
        let (name, help) = (try self.shortText(), try self.shortText())
        let kind = MetricFamily.Kind(rawValue: try self.shortText()) ?? .unknown
        return MetricFamily(name, help: help, kind: kind, readings: try NodeFigures.readings(from: &self))
    }

    fileprivate mutating func agent() throws(WireFailure) -> AgentFigures {
        guard let name = NodeID(try self.shortText()) else { throw .invalidText(atByte: self.offset) }
        let connections = try self.varint()
        let since = try self.byte() == 0 ? nil : ClusterTime(nanoseconds: try self.varint())
        var agent = AgentFigures(name, lastHeard: ClusterTime(nanoseconds: try self.varint()))
        agent.connections = connections
        agent.connectedSince = since
        agent.frames = try self.varint()
        agent.items = try self.varint()
        agent.bytes = try self.varint()
        return agent
    }
}
