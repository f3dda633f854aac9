extension SealedFrame {
    /// The same frame under another name: only its header changes, index and payload stay byte for byte.
    ///
    /// Meant for a frame whose name turned out to be taken by other content.
    package func renamed(_ id: FrameID) -> SealedFrame {
        var header = self.header
        header.id = id
        return self.with(header)
    }

    /// The name under which a frame is kept whose own name is taken: a function of both name and content, so that all
    /// nodes that keep it find the same one.
    ///
    /// No edge gives it: the highest bit tells it from the numbers of frames.
    package var clashName: FrameID {
        let id = self.header.id
        let hash = ContentHash.hash64(
            id.run.high ^ id.sequence,
            id.run.low,
            seed: self.header.contentChecksum
        )
        return FrameID(run: id.run, sequence: 1 << 63 | hash >> 1)
    }

    /// The name of a frame of slots that a later process made for its origin: it follows from name and content, as ``clashName``
    /// does, and is none of a journal copy.
    package var recoveredName: FrameID { self.clashName.ofOriginal }

    /// The same items in a frame of another name and time, which says that they came in another one first.
    ///
    /// Meant for a frame whose time is taken nowhere. Index and payload stay byte for byte.
    package func madeAnew(_ id: FrameID, created: ClusterTime) -> SealedFrame {
        var header = self.header
        header.id = id
        header.created = created
        header.flags.remove(.part)
        header.flags.insert(.gathered)
        return self.with(header)
    }

    /// The same bytes under another header.
    func with(_ header: FrameHeader) -> SealedFrame {
        var head = ByteWriter(reserving: FrameHeader.byteCount)
        header.encode(into: &head)
        var bytes = self.bytes
        bytes.replaceSubrange(0..<FrameHeader.byteCount, with: head.bytes)
        return SealedFrame(bytes, header, self.frame)
    }

    /// Puts a header, which the bytes begin with, in the place of a frame's.
    private init(_ bytes: [UInt8], _ header: FrameHeader, _ frame: Frame) {
        self.bytes = bytes
        self.frame = Frame(
            header: header,
            entries: frame.entries,
            names: frame.names,
            origins: frame.origins
        )
    }
}

extension FrameID {
    /// Whether no edge counted so far: the name of a frame that a later process made for its origin, or of one whose own name
    /// was taken.
    package var isRecovered: Bool { self.sequence >> 63 == 1 }
}
