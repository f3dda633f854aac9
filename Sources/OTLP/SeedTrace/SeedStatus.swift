package import OTLPMessages

/// How an operation ended, in the four words of the seed's traces.
///
/// OTLP knows only unset, ok and error. A span whose status is not ERROR is a success. One whose status is ERROR is
/// a timeout or a cancellation when the first of these that says either says so, else an error: the attribute
/// `error.type`; the attribute `exception.type` of its events, the last first; the same attribute of the span; the
/// status message. A text says "timeout" when it holds `timeout`, `timed out`, `time-out` or `deadline exceeded`
/// (also joined by `_` or nothing), and "cancelled" when it holds `cancel` or `aborterror`, in any case; timeout goes first.
package enum SeedStatus: String, CaseIterable, Sendable {
    case success
    case error
    case timeout
    case cancelled

    /// Judges a span.
    package init(of span: OTLPSpan) {
        guard span.status.code == .error else {
            self = .success
            return
        }
        var texts = [span.attributes.text("error.type")]
        texts += span.events.reversed().map { $0.attributes.text("exception.type") }
        texts += [span.attributes.text("exception.type"), span.status.message]
        self = texts.lazy.compactMap { $0 }.compactMap(Self.init(saidBy:)).first ?? .error
    }

    private static let timeouts = [
        "timeout", "timed out", "timedout", "timed_out", "time-out", "deadline exceeded", "deadlineexceeded",
        "deadline_exceeded",
    ]
    private static let cancellations = ["cancel", "aborterror"]

    private init?(saidBy text: String) {
        // A message may be a whole stack trace; what it is about stands at its start.
        let start = text.prefix(512).lowercased()
        if Self.timeouts.contains(where: start.contains) {
            self = .timeout
        } else if Self.cancellations.contains(where: start.contains) {
            self = .cancelled
        } else {
            return nil
        }
    }
}

extension [OTLPKeyValue] {
    fileprivate func text(_ key: String) -> String? {
        for attribute in self where attribute.key == key {
            if case .stringValue(let text) = attribute.value.value { return text }
        }
        return nil
    }
}
