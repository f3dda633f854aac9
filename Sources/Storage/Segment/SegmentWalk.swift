package import Telemetry

/// Reads a segment from front to back, over damage, up to the last whole frame.
///
/// Pure: the shell hands it the file's bytes. After damage it looks for the next valid header on the eight-byte
/// grid, and reports the bytes between as damaged; a torn tail is the same with no frame after it.
package struct SegmentWalk: ~Escapable {
    /// What stands at the next place.
    package enum Step: Sendable {
        /// A whole frame at a place in the file.
        case frame(Frame, offset: Int)
        /// Bytes that are no frame, with a whole frame behind them.
        case damage(Range<Int>)
        /// Bytes that are no frame, up to the end: a torn write, or damage to the last frames.
        ///
        /// `isCutOff` where the end of the bytes cuts a frame off, as a crash leaves it.
        case tornTail(Range<Int>, isCutOff: Bool)
    }

    private let bytes: RawSpan
    private var offset: Int

    /// A walk over a segment's bytes, its header passed over.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan, from offset: Int = SegmentHeader.byteCount) {
        self.bytes = bytes
        self.offset = offset
    }

    /// The next step; nil at the end of the bytes.
    package mutating func next() -> Step? {
        guard self.offset < self.bytes.byteCount else { return nil }
        do throws(FrameFailure) {
            let frame = try Frame(self.bytes, at: self.offset)
            defer { self.offset += frame.header.frameBytes }
            return .frame(frame, offset: self.offset)
        } catch {
            return self.resynchronise(after: error)
        }
    }

    private mutating func resynchronise(after failure: FrameFailure) -> Step {
        let start = self.offset
        var place = start + 8
        while place + FrameHeader.byteCount <= self.bytes.byteCount {
            var reader = WireReader(self.bytes, place..<self.bytes.byteCount)
            if let magic = try? reader.fixed32(), magic == FrameHeader.magic,
                (try? Frame(self.bytes, at: place)) != nil
            {
                self.offset = place
                return .damage(start..<place)
            }
            place += 8
        }
        self.offset = self.bytes.byteCount
        let isCutOff = if case .truncated = failure { true } else { false }
        return .tornTail(start..<self.bytes.byteCount, isCutOff: isCutOff)
    }
}
