internal import Telemetry

/// The frames of one commit, and what is to become of each.
struct Commit {
    enum Verdict: Equatable {
        case new
        case known
        /// Its name is taken; the frame that is written bears another.
        case renamed
    }

    struct Line {
        var arrival: Arrival
        var verdict: Verdict
        /// What is written: the frame, or the same under another name.
        var frame: SealedFrame
    }

    struct Request {
        var lines: [Line] = []
        var done: @Sendable ([Arrival.Outcome]) -> Void
    }

    var requests: [Request] = []
    /// Names of the frames that are written whole.
    var frames: Set<FrameID> = []
    /// Names of the chunks that are written in merged frames.
    var chunks: Set<ChunkName> = []

    /// Notes a line whose verdict is there, for those that follow.
    mutating func note(_ line: Line) {
        guard line.verdict != .known else { return }
        let frame = line.frame.frame
        if frame.header.flags.contains(.merged) {
            self.chunks.formUnion(frame.entries.indices.lazy.map { frame.chunkName(ofEntry: $0) })
        } else {
            self.frames.insert(frame.header.id)
        }
    }

    /// Whether nothing is to be written.
    var isEmpty: Bool { self.requests.allSatisfy { $0.lines.allSatisfy { $0.verdict == .known } } }

    /// What became of a line.
    ///
    /// - Parameters:
    ///   - line: One of the commit's.
    ///   - failure: nil where the disk took the commit.
    ///   - refused: Then, the names that stand in this commit only.
    /// - Returns: The answer for its sender.
    func outcome(
        _ line: Line,
        _ failure: StorageFailure?,
        refused: Set<FrameID>
    ) -> Arrival.Outcome {
        if let failure, line.verdict != .known || refused.contains(line.arrival.frame.header.id) {
            return .failed(failure)
        }
        switch line.verdict {
        case .new: return .stored
        case .known: return .duplicate
        case .renamed: return .clash(storedAs: line.frame.header.id)
        }
    }
}
