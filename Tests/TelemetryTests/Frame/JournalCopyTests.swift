import Telemetry
import Testing

@Suite struct JournalCopyTests {
    private static func frame(sequence: UInt64, flags: FrameHeader.Flags = []) -> SealedFrame {
        SampleFrame.sealed(flags: flags)
            .renamed(FrameID(run: RunID(high: 1, low: 2), sequence: sequence))
    }

    @Test(arguments: [1, 1 << 40, 1 << 63 | 1_790_000_000_000_000_000] as [UInt64])
    func `a journal copy has a name and a flag of its own, and gives the frame back`(
        _ sequence: UInt64
    ) throws {
        let frame = Self.frame(sequence: sequence)
        let copy = frame.journalCopy
        #expect(copy.header.id != frame.header.id && copy.header.flags.contains(.journal))
        #expect(copy.header.isJournalCopy && !frame.header.isJournalCopy)
        #expect(copy.header.originalID == frame.header.id && frame.header.originalID == frame.header.id)
        #expect(copy.header.contentChecksum == frame.header.contentChecksum)
        // What the disk gives back checks out.
        let read = try SealedFrame(checking: copy.bytes)
        #expect(read.header == copy.header)
        #expect(read.original.bytes == frame.bytes)
        #expect(frame.original.bytes == frame.bytes)
        #expect(copy.journalCopy.bytes == copy.bytes)
    }

    @Test func `what was sampled out is no journal copy, nor is a spool's record`() {
        #expect(!Self.frame(sequence: 7, flags: [.journal]).header.isJournalCopy)
        #expect(!Self.frame(sequence: 1 << 63 | 7, flags: [.journal]).header.isJournalCopy)
        #expect(!Self.frame(sequence: 1 << 62, flags: [.journal, .gathered]).header.isJournalCopy)
        #expect(!Self.frame(sequence: 1 << 62).header.isJournalCopy)
    }
}
