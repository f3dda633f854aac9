package import Telemetry

/// Keeps a share of the traces, such that every host keeps the same ones.
///
/// Consistent probability sampling (OpenTelemetry specification, "TraceState: Probability Sampling"): a trace is
/// kept when its 56 bits of randomness reach a threshold. The randomness is `rv` of the trace state, else the low
/// 56 bits of the trace id.
package struct HeadSampler: Equatable, Sendable {
    private static let range: UInt64 = 1 << 56

    /// Traces whose randomness lies below are not kept; zero keeps all.
    private let threshold: UInt64

    /// Keeps everything for 1, nothing for 0; shares outside are brought inside, and what is no number keeps all.
    package init(share: Double) {
        let share = share.isNaN ? 1 : share
        let kept = (min(max(share, 0), 1) * Double(Self.range)).rounded()
        self.threshold = Self.range - min(UInt64(kept), Self.range)
    }

    /// Whether no trace is left out.
    package var keepsAll: Bool { self.threshold == 0 }

    /// Whether a trace is kept; every host with the same share says the same.
    package func keeps(_ trace: TraceID, _ state: ProbabilityState) -> Bool {
        let randomness = state.randomness ?? (trace.low & (Self.range - 1))
        return randomness >= self.threshold
    }
}

/// The `ot` entry of a W3C trace state: what a client already sampled.
package struct ProbabilityState: Equatable, Sendable {
    /// `rv`: 56 bits drawn by the root.
    package var randomness: UInt64?
    /// `th`: traces below it were dropped before.
    package var threshold: UInt64?

    /// A state made by hand; the default says nothing.
    package init(randomness: UInt64? = nil, threshold: UInt64? = nil) {
        self.randomness = randomness
        self.threshold = threshold
    }

    /// Reads a trace state; whatever is not well-formed is not there.
    package init(_ traceState: RawSpan) {
        self.init()
        guard traceState.byteCount > 3 else { return }
        let text = traceState.array(0..<traceState.byteCount)
        for member in text.split(separator: UInt8(ascii: ",")) {
            let entry = Self.trimmed(member)
            guard entry.starts(with: Array("ot=".utf8)) else { continue }
            for part in entry.dropFirst(3).split(separator: UInt8(ascii: ";")) {
                if part.starts(with: Array("rv:".utf8)), part.count == 17 {
                    self.randomness = Hex.value(part.dropFirst(3))
                } else if part.starts(with: Array("th:".utf8)), (4...17).contains(part.count) {
                    let digits = part.dropFirst(3)
                    guard let value = Hex.value(digits) else { continue }
                    self.threshold = value << UInt64(4 * (14 - digits.count))
                }
            }
        }
    }

    private static func trimmed(_ member: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var trimmed = member.drop(while: isBlank)
        while let last = trimmed.last, isBlank(last) { trimmed.removeLast() }
        return trimmed
    }

    /// How many spans each one that came stands for.
    package var weight: UInt64 {
        guard let threshold = self.threshold, threshold > 0 else { return 1 }
        let range: UInt64 = 1 << 56
        return max(1, UInt64((Double(range) / Double(range - min(threshold, range - 1))).rounded()))
    }
}
