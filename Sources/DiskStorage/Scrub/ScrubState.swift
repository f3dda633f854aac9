internal import Telemetry

/// How far the slow re-reading of everything stored has come.
struct ScrubState: Equatable, Sendable {
    /// Where it goes on: the segment of this id, or the next higher one, and the place in it; zero between two passes.
    var segment: UInt64 = 0
    var offset = 0
    /// When the pass began; nil where none has since the store was made.
    var began: ClusterTime?
    /// Bytes that may be read now; below zero where the last frame was longer than that.
    var credit = 0
    /// When credit was given last.
    var creditedAt: ClusterTime?
    /// Files of segments in which a reader met something that is no frame.
    var suspects: Set<String> = []

    init() {}

    /// What an earlier process wrote down; anything else counts as nothing.
    init(_ text: String) {
        let numbers = text.split(whereSeparator: \.isWhitespace).map { UInt64($0) }
        guard numbers.count == 3, let segment = numbers[0], let offset = numbers[1], let began = numbers[2]
        else { return }
        self.segment = segment
        self.offset = Int(clamping: offset)
        self.began = ClusterTime(nanoseconds: began)
    }

    /// What is written down for a later process.
    var text: String { "\(self.segment) \(self.offset) \(self.began?.nanoseconds ?? 0)\n" }

    /// Gives credit for the time that has passed, for a minute at most.
    mutating func earn(bytesPerSecond: Int, at now: ClusterTime) {
        let since = now.nanoseconds - min(self.creditedAt?.nanoseconds ?? now.nanoseconds, now.nanoseconds)
        let seconds = min(Double(since) / 1e9, 60)
        self.creditedAt = now
        self.credit = min(self.credit + Int(seconds * Double(bytesPerSecond)), bytesPerSecond * 60)
    }
}
