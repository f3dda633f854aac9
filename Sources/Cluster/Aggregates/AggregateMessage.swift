internal import Telemetry

/// What nodes say to each other about totals: two questions and their answers, version 1.
///
/// First the digests of windows, answered by the marks of those that differ; then what the asker lacks and what it has, answered
/// by what it lacked. All numbers little-endian; windows ascend in each message, and hashes in each window.
///
/// ```
/// question    byte 0x83, byte version, byte 1 digests or 2 entries, varint windows
///   digests   per window: varint window − the one before, varint entries, fixed64 digest
///   entries   per window: varint window − the one before, varint lacked, so many fixed64 hashes of series,
///             varint given, so many times: varint length, entry
/// answer      byte version, byte 1 marks or 2 entries, varint windows
///   marks     per window: varint window − the one before, varint entries, so many times: fixed64 hash of the series,
///             varint slots, fixed64 digest, byte flags
///   entries   as in the question; nothing is lacked
/// entry       byte flags (1 estimated, 2 unsettled), varint slots, fixed64 digest, series and value as in a slot
/// ```
///
/// The digest of a window is the sum of its entries' hashes: XXH3-64 of (hash of the series, digest), seeded with slots · 4 + flags.
enum AggregateMessage: Equatable, Sendable {
    /// A window in a few bytes.
    struct Summary: Equatable, Sendable {
        var window: UInt64
        var count: UInt64
        var digest: UInt64
    }

    /// An entry in a few bytes.
    struct Mark: Equatable, Sendable {
        var series: UInt64
        var mark: AggregateMark
    }

    /// The marks of all entries of a window.
    struct Marks: Equatable, Sendable {
        var window: UInt64
        var marks: [Mark]
    }

    /// Entries that are lacked, by the hashes of their series, and entries that are given.
    struct Exchange: Equatable, Sendable {
        var window: UInt64
        var lacked: [UInt64]
        var given: [AggregateEntry]
    }

    case digests([Summary])
    case marks([Marks])
    case entries([Exchange])

    /// The first byte of every question.
    static let tag: UInt8 = 0x83
    /// The version that is written, and the only one that is read.
    static let version: UInt8 = 1
    /// Windows of one message.
    static let windowsMax = 1 << 10
    /// Bytes of the longest question.
    static let questionBytesMax = 1 << 20
    /// Bytes of the longest answer.
    static let answerBytesMax = 4 << 20
    /// Bytes of a mark at most.
    static let markBytesMax = 27

    /// As it is sent as a question.
    var question: [UInt8] { self.encoded(isQuestion: true) }

    /// As it is sent as an answer.
    var answer: [UInt8] { self.encoded(isQuestion: false) }

    /// Reads a question.
    ///
    /// - Throws: ``WireFailure`` where the bytes are none, or more than one may have.
    static func question(_ bytes: RawSpan) throws(WireFailure) -> AggregateMessage {
        guard bytes.byteCount <= self.questionBytesMax else { throw .tooMany(atByte: 0) }
        var reader = WireReader(bytes)
        guard try reader.byte() == self.tag, try reader.byte() == self.version else {
            throw .invalidTag(atByte: 0)
        }
        switch try reader.byte() {
        case 1: return .digests(try self.whole(&reader, { $0.window }, self.summary))
        case 2: return .entries(try self.whole(&reader, { $0.window }, self.exchange))
        default: throw .invalidTag(atByte: 2)
        }
    }

    /// Reads an answer.
    ///
    /// - Throws: ``WireFailure`` where the bytes are none, or more than one may have.
    static func answer(_ bytes: RawSpan) throws(WireFailure) -> AggregateMessage {
        guard bytes.byteCount <= self.answerBytesMax else { throw .tooMany(atByte: 0) }
        var reader = WireReader(bytes)
        guard try reader.byte() == self.version else { throw .invalidTag(atByte: 0) }
        switch try reader.byte() {
        case 1: return .marks(try self.whole(&reader, { $0.window }, self.marks))
        case 2: return .entries(try self.whole(&reader, { $0.window }, self.exchange))
        default: throw .invalidTag(atByte: 1)
        }
    }
}
