package import Telemetry

/// The duty to answer a sender exactly once.
///
/// It cannot be copied; dropping it unanswered is a bug that a debug build traps.
package struct Receipt: ~Copyable, Sendable {
    private var answer: (@Sendable (Refusal?) -> Void)?

    /// - Parameter answer: Called once, with nil when everything is safe.
    package init(_ answer: @escaping @Sendable (Refusal?) -> Void) { self.answer = answer }

    /// What was sent is durable.
    package consuming func accept() { self.answer.take()?(nil) }

    /// What was sent is not kept; the sender still has it.
    package consuming func reject(_ refusal: Refusal) { self.answer.take()?(refusal) }

    deinit { assert(self.answer == nil, "a receipt was dropped without an answer") }
}

/// Why a whole request is not taken.
package enum Refusal: Error, Equatable, Sendable {
    /// The bytes are not what they claim to be; sending them again cannot help.
    case malformed(String)
    /// Of a type or an encoding that OTLP does not have.
    case unsupported(String)
    /// More than a request may hold.
    case tooLarge(limitBytes: Int)
    /// Too much is in flight; the sender should come back.
    case overloaded(retryAfterSeconds: Int)
    /// The disk cannot take more; the sender should come back.
    case unavailable(String, retryAfterSeconds: Int)

    /// The label value of the program's own metrics.
    package var reason: String {
        switch self {
        case .malformed: "malformed"
        case .unsupported: "unsupported"
        case .tooLarge: "too_large"
        case .overloaded: "overloaded"
        case .unavailable: "unavailable"
        }
    }

    /// What happened, what was expected, and what to do.
    package var message: String {
        switch self {
        case .malformed(let detail): "the request is not valid OTLP: \(detail)"
        case .unsupported(let detail): detail
        case .tooLarge(let limit):
            "the request is larger than \(limit) bytes after decompression; send smaller batches"
        case .overloaded(let seconds): "too much is in flight; send again in \(seconds) s"
        case .unavailable(let detail, let seconds): "\(detail); send again in \(seconds) s"
        }
    }
}

/// What became of an admitted request.
package struct Admission: Equatable, Sendable {
    /// Items taken.
    package var accepted = 0
    /// Items refused one by one, as a partial success tells the sender.
    package var rejected = 0
    /// Why the first of them was refused.
    package var rejectReason: ItemDefect?

    /// A request of no items.
    package init() {}
}
