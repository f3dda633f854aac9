extension SealedFrame {
    /// The same frame under another name: only its header changes, index and payload stay byte for byte.
    ///
    /// Meant for a frame whose name turned out to be taken by other content, or whose time is taken nowhere.
    package func renamed(_ id: FrameID, created: ClusterTime? = nil) -> SealedFrame {
        var header = self.header
        header.id = id
        header.created = created ?? header.created
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
