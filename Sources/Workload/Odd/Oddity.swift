/// What can be wrong, or merely unreasonable, about the telemetry a sender sends.
package enum Oddity: String, CaseIterable, Sendable {
    /// A span, or a metric, of another name each time.
    case distinctNames
    /// Another value of `gen_ai.tool.name` each time.
    case distinctLabelValues
    /// Another service each time, and so a resource of its own.
    case distinctServices
    /// A trace id of 16 zero bytes; to be refused.
    case zeroTraceID
    /// A span id of 8 zero bytes; to be refused.
    case zeroSpanID
    /// A trace id of 8 bytes; to be refused.
    case shortTraceID
    /// A span id of 3 bytes; to be refused.
    case shortSpanID
    /// A trace id of 17 bytes; to be refused.
    case longTraceID
    /// Ids of no bytes at all; to be refused.
    case missingIDs
    /// The same trace id and span id, over and over, with other times.
    case duplicateSpanID
    /// A span that is its own parent.
    case ownParent
    /// A parent that is in no request.
    case absentParent
    /// An end before the start.
    case endBeforeStart
    /// Times of zero: unknown.
    case zeroTimes
    /// Times of ten years before now.
    case farPast
    /// Times of ten years after now.
    case farFuture
    /// The latest times that can be written, in the year 2554.
    case latestTimes

    /// Whether a receiver must refuse each odd item, and it alone.
    package var isRefused: Bool {
        switch self {
        case .zeroTraceID, .zeroSpanID, .shortTraceID, .shortSpanID, .longTraceID, .missingIDs: true
        default: false
        }
    }
}
