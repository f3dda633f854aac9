internal import Telemetry

extension FrameBuilder {
    /// Lays out one frame: the tables and names that its chunks use, then the chunks.
    mutating func frame(_ order: ArraySlice<Int>, id: FrameID, created: ClusterTime) -> SealedFrame {
        // The payload is taken out of `self` while the rest of it is read, and put back for its room.
        var payload = ByteWriter()
        swap(&payload, &self.payload)
        defer { swap(&payload, &self.payload) }
        payload.bytes.removeAll(keepingCapacity: payload.bytes.capacity <= 4 << 20)
        let (tables, tableCount) = self.writeTables(order, into: &payload)
        var names = NameSubset(of: self.names)
        var entries: [ChunkEntry] = []
        entries.reserveCapacity(order.count)
        var itemCount = 0
        for index in order {
            var entry = self.chunks[index].entry
            entry.offset = UInt32(truncatingIfNeeded: payload.bytes.count)
            self.writeItems(of: self.chunks[index], tables, into: &payload)
            entry.length = UInt32(truncatingIfNeeded: payload.bytes.count) - entry.offset
            entry.service = names.place(of: entry.service)
            entry.rootName = names.place(of: entry.rootName)
            itemCount += Int(entry.itemCount)
            entries.append(entry)
        }
        let header = FrameHeader(
            signal: self.signal,
            flags: self.flags,
            id: id,
            created: created,
            itemCount: itemCount,
            chunkCount: entries.count,
            tableCount: tableCount
        )
        return SealedFrame(header, entries, names.list, payload: payload.bytes, self.compressor)
    }

    /// Writes the tables that these chunks use; gives their new references by the old ones.
    private mutating func writeTables(
        _ order: ArraySlice<Int>,
        into payload: inout ByteWriter
    ) -> (references: [UInt32], count: Int) {
        var references: [UInt32] = Array(repeating: 0, count: self.tables.count + 1)
        var count = 0
        for extra in self.extras where references[Int(extra)] == 0 {
            count += 1
            references[Int(extra)] = UInt32(truncatingIfNeeded: count)
            self.tables.write(extra, into: &payload)
        }
        // Once is enough, where a request fills several frames.
        self.extras.removeAll()
        for index in order {
            var item = self.chunks[index].head
            while item != .max {
                let staged = self.items[Int(item)]
                if staged.resource != 0, references[Int(staged.resource)] == 0 {
                    count += 1
                    references[Int(staged.resource)] = UInt32(truncatingIfNeeded: count)
                    self.tables.write(staged.resource, into: &payload)
                }
                if staged.scope != 0, references[Int(staged.scope)] == 0 {
                    count += 1
                    references[Int(staged.scope)] = UInt32(truncatingIfNeeded: count)
                    self.tables.write(staged.scope, into: &payload)
                }
                item = staged.next
            }
        }
        return (references, count)
    }

    private func writeItems(of chunk: StagedChunk, _ tables: [UInt32], into payload: inout ByteWriter) {
        var item = chunk.head
        while item != .max {
            let first = self.items[Int(item)]
            var count: UInt64 = 1
            var next = first.next
            while next != .max {
                let other = self.items[Int(next)]
                guard other.resource == first.resource, other.scope == first.scope else { break }
                count += 1
                next = other.next
            }
            payload.varint(UInt64(tables[Int(first.resource)]))
            payload.varint(UInt64(tables[Int(first.scope)]))
            payload.varint(count)
            while item != next {
                let staged = self.items[Int(item)]
                payload.varint(UInt64(staged.length))
                let start = Int(staged.offset)
                payload.bytes(self.staging.raw.extracting(start..<start + Int(staged.length)))
                item = staged.next
            }
        }
    }
}
