extension FrameID {
    /// Set in the numbers of journal copies: no edge counts so far, and cluster time does not reach it before 2116.
    private static let journalBit: UInt64 = 1 << 62

    /// The name of a frame's journal copy; that of a journal copy is its own.
    var ofJournalCopy: FrameID { FrameID(run: self.run, sequence: self.sequence | Self.journalBit) }

    /// The name of the frame that a journal copy is of.
    var ofOriginal: FrameID { FrameID(run: self.run, sequence: self.sequence & ~Self.journalBit) }

    /// Whether a frame of this name and these flags is a journal copy.
    package func isJournalCopy(_ flags: FrameHeader.Flags) -> Bool {
        flags.contains(.journal) && !flags.contains(.gathered) && self.sequence & Self.journalBit != 0
    }
}

extension FrameHeader {
    /// Whether it is the journal copy of a frame that is kept elsewhere: a name of its own, and the same content.
    package var isJournalCopy: Bool { self.id.isJournalCopy(self.flags) }

    /// The name under which its items are told: that of the original where this is a journal copy, else its own.
    package var originalID: FrameID { self.isJournalCopy ? self.id.ofOriginal : self.id }
}

extension SealedFrame {
    /// The same items for the own log alone, under another name: never read but to count windows again after a crash.
    ///
    /// Index and payload stay byte for byte, so that ``original`` gives the frame back with its checksum. A cover, which
    /// no collector has, is no such frame.
    package var journalCopy: SealedFrame {
        var header = self.header
        header.id = header.id.ofJournalCopy
        header.flags.insert(.journal)
        header.flags.remove(.gathered)
        return self.with(header)
    }

    /// The frame that this is a journal copy of; itself where it is none.
    package var original: SealedFrame {
        guard self.header.isJournalCopy else { return self }
        var header = self.header
        header.id = header.originalID
        header.flags.remove(.journal)
        return self.with(header)
    }
}
