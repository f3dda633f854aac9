package import Telemetry

extension FramePayload {
    /// The items of one chunk as TracesData or LogsData, byte for byte; nothing is taken for a duplicate.
    ///
    /// Equal chunks give equal bytes, in whatever frame they stand.
    ///
    /// - Parameters:
    ///   - entry: The chunk.
    ///   - isWanted: Turns items away; gets the reference of the resource, and the item's place in ``bytes``.
    /// - Returns: The bytes, and how many items there are.
    /// - Throws: Where the chunk is not what its entry says, and what `isWanted` throws.
    package func encodedItems(
        of entry: ChunkEntry,
        isWanted: (_ resource: UInt32, _ item: Range<Int>) throws(WireFailure) -> Bool = { _, _ in true }
    ) throws(WireFailure) -> (data: [UInt8], count: Int) {
        var writer = ByteWriter()
        var items = ByteWriter()
        var last: (resource: UInt32, scope: UInt32) = (0, 0)
        var count = 0
        try self.forEachItem(of: entry) { resource, scope, range throws(WireFailure) in
            guard try isWanted(resource, range) else { return }
            if (resource, scope) != last {
                self.close(&items, last, into: &writer)
                last = (resource, scope)
            }
            items.varint(2 << 3 | 2)
            items.varint(UInt64(range.count))
            items.bytes(self.bytes.raw.extracting(range))
            count += 1
        }
        self.close(&items, last, into: &writer)
        return (writer.bytes, count)
    }

    /// Puts items under their scope, and that under its resource.
    private func close(
        _ items: inout ByteWriter,
        _ group: (resource: UInt32, scope: UInt32),
        into writer: inout ByteWriter
    ) {
        guard !items.bytes.isEmpty else { return }
        var resource = ByteWriter()
        resource.bytes(self.envelope(group.resource))
        resource.field(2, self.envelope(group.scope) + items.bytes)
        writer.field(1, resource.bytes)
        items = ByteWriter()
    }

    private func envelope(_ reference: UInt32) -> ArraySlice<UInt8> {
        reference == 0 ? [] : self.bytes[self.tables[Int(reference) - 1].range]
    }
}
