internal import Glibc
internal import Logging
internal import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    /// Opens every segment of the directory; what has no whole index gets one from its frames.
    ///
    /// Damage never stops the start: damaged bytes are copied to the quarantine, counted and passed over.
    func recover() throws(StorageFailure) {
        let names = File.list(self.directory.segments)
        for name in names where name.hasSuffix(".tmp") { try File.remove(self.directory.segments + "/" + name) }
        try self.removeReplaced(names)
        for name in File.list(self.directory.segments) where name.hasSuffix(".seg") {
            guard let id = Hex.value(Array(name.dropLast(4).utf8)[...]) else { continue }
            self.state.withLock { $0.nextID = max($0.nextID, id + 1) }
            if let sealed = try? SealedSegment(path: self.path(id), id: id) {
                self.state.withLock { $0.sealed.append(sealed) }
            } else {
                try self.recoverSegment(id)
            }
        }
    }

    /// Removes what a merge had not come to remove before a crash, and index files without a segment.
    private func removeReplaced(_ names: [String]) throws(StorageFailure) {
        for name in names where name.hasSuffix(".seg") {
            guard let id = Hex.value(Array(name.dropLast(4).utf8)[...]),
                let sealed = try? SealedSegment(path: self.path(id), id: id)
            else { continue }
            for old in sealed.replaces {
                for suffix in [".seg", ".keys", ".sqlite"] { try File.remove(self.path(old) + suffix) }
            }
        }
        for name in names where name.hasSuffix(".keys") || name.hasSuffix(".sqlite") {
            let stem = name.prefix { $0 != "." }
            if !File.exists(self.directory.segments + "/" + stem + ".seg") {
                try File.remove(self.directory.segments + "/" + name)
            }
        }
    }

    private func recoverSegment(_ id: UInt64) throws(StorageFailure) {
        let path = self.path(id)
        let file = try File(path + ".seg", flags: O_RDWR)
        let size = try file.size()
        let mapped = try MappedFile(file)
        guard let header = mapped.withBytes({ SegmentHeader($0) }) else {
            try self.quarantine(file, 0..<size, segment: id)
            try File.remove(path + ".seg")
            return
        }
        let found = mapped.withBytes { Self.survey($0) }
        for range in found.damaged { try self.quarantine(file, range, segment: id) }
        let pending = found.frames
        let end = pending.last.map { $0.offset + $0.frame.header.frameBytes } ?? SegmentHeader.byteCount
        let segment = OpenSegment(id: id, file: file, created: header.created, end: end)
        segment.publish(pending, end: end)
        self.state.withLock { $0.closing.append(segment) }
        self.logger.info(
            "recovered a segment that was not sealed",
            metadata: ["segment": "\(path)", "frames": "\(pending.count)", "bytes": "\(size)"]
        )
        self.indexer.enqueue { [self] in self.seal(segment) }
    }

    /// The whole frames of a segment, and the ranges that are none.
    private static func survey(_ bytes: RawSpan) -> (frames: [OpenSegment.Pending], damaged: [Range<Int>]) {
        var frames: [OpenSegment.Pending] = []
        var damaged: [Range<Int>] = []
        var walk = SegmentWalk(bytes)
        while let step = walk.next() {
            switch step {
            case .frame(let frame, let offset): frames.append(OpenSegment.Pending(frame: frame, offset: offset))
            case .damage(let range), .tornTail(let range): damaged.append(range)
            }
        }
        return (frames, damaged)
    }

    private func quarantine(_ file: File, _ range: Range<Int>, segment: UInt64) throws(StorageFailure) {
        guard !range.isEmpty else { return }
        self.state.withLock { $0.counters.damagedBytes += UInt64(range.count) }
        self.logger.warning(
            "damaged bytes were set aside",
            metadata: ["segment": "\(file.path)", "from": "\(range.lowerBound)", "bytes": "\(range.count)"]
        )
        let bytes = try file.read(at: range.lowerBound, count: min(range.count, 64 << 20))
        let name = "\(Hex.text(segment))-\(range.lowerBound).bytes"
        // A full disk must not stop the start; the bytes are still in the segment.
        try? File.replace(self.directory.quarantine + "/" + name, with: bytes)
    }
}
