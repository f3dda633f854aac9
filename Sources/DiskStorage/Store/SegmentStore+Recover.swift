internal import Glibc
internal import Logging
internal import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    /// Opens every segment of the directory; what has no whole index gets one from its frames.
    ///
    /// Damage never stops the start: damaged bytes are copied to the quarantine, counted and passed over, and a
    /// file that cannot be read is left alone.
    func recover() {
        let names = File.list(self.directory.segments)
        for name in names where name.hasSuffix(".tmp") {
            self.removeLeftOver(self.directory.segments + "/" + name)
        }
        let ids = names.compactMap { Self.id(ofSegment: $0) }
        let opened = ids.map { (id: $0, sealed: try? SealedSegment(path: self.path($0), id: $0)) }
        // What a merge had not come to remove before a crash.
        let replaced = Set(opened.flatMap { $0.sealed?.facts.replaces ?? [] })
        for id in ids where replaced.contains(id) { self.removeLeftOver(self.path(id) + ".seg") }
        for name in names where name.hasSuffix(".keys") || name.hasSuffix(".sqlite") {
            let stem = String(name.prefix { $0 != "." })
            // Only what bears a segment's name is ours to remove.
            guard Self.id(ofSegment: stem + ".seg") != nil else { continue }
            let path = self.directory.segments + "/"
            if !File.exists(path + stem + ".seg") { self.removeLeftOver(path + name) }
        }
        for (id, sealed) in opened where !replaced.contains(id) {
            self.state.withLock { state in
                state.nextID = max(state.nextID, id + 1)
                if let sealed { state.insert(sealed) }
            }
            if sealed == nil { self.recoverSegment(id) }
        }
    }

    /// The id that a segment's file name spells; nil for any other file.
    private static func id(ofSegment name: String) -> UInt64? {
        guard name.hasSuffix(".seg"), let id = Hex.value(Array(name.dropLast(4).utf8)[...]), id < .max,
            name == Hex.text(id) + ".seg"
        else { return nil }
        return id
    }

    private func removeLeftOver(_ path: String) {
        do { try File.remove(path) } catch {
            self.logger.warning("a left-over file could not be removed", metadata: ["reason": "\(error)"])
        }
    }

    private func recoverSegment(_ id: UInt64) {
        let path = self.path(id) + ".seg"
        do {
            let file = try File(path, flags: O_RDWR)
            let mapped = try MappedFile(file)
            let header = mapped.withBytes { SegmentHeader($0) }
            let found = mapped.withBytes { Self.survey($0) }
            guard let first = found.frames.first?.frame.header else {
                return try self.setAside(file, header: header, bytes: mapped.count)
            }
            if header == nil { self.quarantine(file, 0..<SegmentHeader.byteCount, segment: id) }
            for range in found.damaged { self.quarantine(file, range, segment: id) }
            // A frame that is cut off is what a crash leaves behind, and nobody was promised it.
            if header == nil || !found.isOnlyCutOff {
                self.state.withLock { $0.counters.lastTrouble = self.now() }
            }
            var facts = SegmentFacts()
            if let header, header.kind == .merged {
                // The lost index knew better; so nothing that a merge kept is judged again.
                facts.level = 1
                facts.thinnedAt = header.created
            }
            let created = header?.created ?? first.created
            let segment = OpenSegment(
                id: id,
                file: file,
                created: created,
                end: mapped.count,
                facts: facts,
                isRecovered: true
            )
            segment.publish(found.frames, end: mapped.count)
            self.state.withLock { $0.closing.append(segment) }
            self.logger.info(
                "recovered a segment that was not sealed",
                metadata: [
                    "segment": "\(path)", "frames": "\(found.frames.count)", "bytes": "\(mapped.count)",
                ]
            )
            self.indexer.enqueue { [self] in self.seal(segment) }
        } catch {
            self.logger.error(
                "a segment could not be read; what it holds is missing",
                metadata: ["segment": "\(path)", "reason": "\(error)"]
            )
        }
    }

    /// Moves a segment without any frame out of the way: whole into the quarantine, or away where it holds nothing.
    private func setAside(_ file: File, header: SegmentHeader?, bytes: Int) throws {
        if header != nil, bytes <= SegmentHeader.byteCount { return try File.remove(file.path) }
        guard bytes > 0 else { return try File.remove(file.path) }
        let damaged = bytes - (header == nil ? 0 : SegmentHeader.byteCount)
        self.state.withLock { state in
            state.counters.damagedBytes += UInt64(damaged)
            state.counters.lastTrouble = self.now()
        }
        let name = file.path.split(separator: "/").last.map(String.init) ?? "segment"
        try File.move(file.path, to: self.directory.quarantine + "/" + name)
        self.logger.warning(
            "a segment without a whole frame was set aside",
            metadata: ["segment": "\(file.path)"]
        )
    }

    /// The whole frames of a segment, and the ranges that are none; whether those are but a frame cut off at the end.
    static func survey(
        _ bytes: RawSpan
    ) -> (frames: [OpenSegment.Pending], damaged: [Range<Int>], isOnlyCutOff: Bool) {
        var frames: [OpenSegment.Pending] = []
        var damaged: [Range<Int>] = []
        var isOnlyCutOff = true
        var walk = SegmentWalk(bytes)
        while let step = walk.next() {
            switch step {
            case .frame(let frame, let offset):
                frames.append(OpenSegment.Pending(frame: frame, offset: offset))
            case .damage(let range):
                damaged.append(range)
                isOnlyCutOff = false
            case .tornTail(let range, let isCutOff):
                damaged.append(range)
                isOnlyCutOff = isOnlyCutOff && isCutOff
            }
        }
        return (frames, damaged, isOnlyCutOff)
    }

    /// Copies damaged bytes out, up to 64 MiB of them, and counts them all.
    func quarantine(_ file: File, _ range: Range<Int>, segment: UInt64) {
        guard !range.isEmpty else { return }
        self.state.withLock { $0.counters.damagedBytes += UInt64(range.count) }
        self.logger.warning(
            "damaged bytes were set aside",
            metadata: [
                "segment": "\(file.path)", "from": "\(range.lowerBound)", "bytes": "\(range.count)",
            ]
        )
        let name = "\(Hex.text(segment))-\(range.lowerBound).bytes"
        do { try self.directory.setAside(range, of: file, as: name) } catch {
            // A full disk must not stop the start.
            self.logger.error("damaged bytes could not be set aside", metadata: ["reason": "\(error)"])
        }
    }
}
