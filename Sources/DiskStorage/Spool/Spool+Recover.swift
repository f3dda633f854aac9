internal import Glibc
internal import Logging
internal import Storage
internal import Synchronization
internal import Telemetry

extension Spool {
    /// Opens every file of the folder; runs once, before anything else.
    ///
    /// Damage never stops the start: damaged bytes are copied to the quarantine, counted and passed over, and a
    /// file that cannot be read is left alone.
    func recover() {
        let names = File.list(self.directory.spool)
        for name in names {
            guard let id = Self.id(of: name, ".ack"), !File.exists(self.path(id) + ".spl") else { continue }
            self.removeFiles([id])
        }
        for id in names.compactMap({ Self.id(of: $0, ".spl") }) {
            self.state.withLock { $0.nextID = max($0.nextID, id + 1) }
            do { try self.recoverSegment(id) } catch {
                self.state.withLock { $0.counters.lastTrouble = self.now() }
                self.logger.error(
                    "a file of the spool could not be read; what it holds is not sent",
                    metadata: ["segment": "\(self.path(id)).spl", "reason": "\(error)"]
                )
            }
        }
        let counters = self.counters
        guard counters.segments > 0 else { return }
        self.logger.info(
            "recovered the spool",
            metadata: [
                "files": "\(counters.segments)", "bytes": "\(counters.bytes)",
                "unconfirmed_frames": "\(counters.heldFrames)",
            ]
        )
    }

    /// The id that a file's name spells before its suffix; nil for any other file.
    private static func id(of name: String, _ suffix: String) -> UInt64? {
        guard name.hasSuffix(suffix), let id = Hex.value(Array(name.dropLast(suffix.count).utf8)[...]),
            id < .max, name == Hex.text(id) + suffix
        else { return nil }
        return id
    }

    private func recoverSegment(_ id: UInt64) throws(StorageFailure) {
        let file = try File(self.path(id) + ".spl", flags: O_RDWR)
        let confirmations = self.confirmations(of: id)
        let mapped = try MappedFile(file)
        var survey = mapped.withBytes { SpoolSurvey($0, id, confirmed: Set(confirmations.ids)) }
        survey.segment.confirmationBytes = confirmations.bytes
        survey.segment.isSynchronised = confirmations.bytes == 0
        guard survey.frameCount > 0 else {
            return try self.setAside(file, isSound: survey.header != nil, byteCount: mapped.count, id)
        }
        if survey.header == nil { _ = self.quarantine(file, 0..<SegmentHeader.byteCount, id) }
        for range in survey.damaged {
            let isSafe = self.quarantine(file, range, id)
            // What a crash leaves of a frame is of no use to anybody; other damage stays where it is.
            if isSafe, range == survey.cutOff, (try? file.truncate(to: range.lowerBound)) != nil {
                survey.segment.byteCount -= range.count
            }
        }
        let isOnlyCutOff = survey.damaged == (survey.cutOff.map { [$0] } ?? [])
        self.state.withLock { state in
            state.recover(survey.segment, survey.entries)
            for (cover, isWhole) in survey.covers { state.recover(cover, isWhole: isWhole) }
            if survey.header == nil || !isOnlyCutOff { state.counters.lastTrouble = self.now() }
        }
    }

    /// What the `.ack` file says, and where its next record goes.
    private func confirmations(of id: UInt64) -> (ids: [FrameID], bytes: Int) {
        let path = self.path(id) + ".ack"
        guard File.exists(path) else { return ([], 0) }
        do throws(StorageFailure) {
            let file = try File(path, flags: O_RDONLY)
            let bytes = try file.read(at: 0, count: file.size())
            let size = ConfirmationRecord.byteCount
            return (ConfirmationRecord.ids(in: bytes.raw), bytes.count / size * size)
        } catch {
            self.logger.warning(
                "confirmations could not be read; those frames are sent again",
                metadata: ["reason": "\(error)"]
            )
            return ([], 0)
        }
    }

    /// Moves a file without any frame out of the way: whole into the quarantine, or away where it holds nothing.
    private func setAside(
        _ file: File,
        isSound: Bool,
        byteCount: Int,
        _ id: UInt64
    ) throws(StorageFailure) {
        let damaged = byteCount - (isSound ? SegmentHeader.byteCount : 0)
        guard damaged > 0 else { return self.removeFiles([id]) }
        try File.move(file.path, to: self.directory.quarantine + "/spool-" + Hex.text(id) + ".spl")
        self.removeFiles([id])
        self.state.withLock { state in
            state.counters.damagedBytes += UInt64(damaged)
            state.counters.lastTrouble = self.now()
        }
        self.logger.warning(
            "a file of the spool without a whole frame was set aside",
            metadata: ["segment": "\(file.path)", "bytes": "\(damaged)"]
        )
    }

    /// Copies damaged bytes out and counts them.
    ///
    /// - Returns: Whether all of them are safe in the quarantine.
    private func quarantine(_ file: File, _ range: Range<Int>, _ id: UInt64) -> Bool {
        self.state.withLock { $0.counters.damagedBytes += UInt64(range.count) }
        self.logger.warning(
            "damaged bytes were set aside",
            metadata: [
                "segment": "\(file.path)", "from": "\(range.lowerBound)", "bytes": "\(range.count)",
            ]
        )
        do throws(StorageFailure) {
            let name = "spool-\(Hex.text(id))-\(range.lowerBound).bytes"
            try self.directory.setAside(range, of: file, as: name)
            return true
        } catch {
            // A full disk must not stop the start.
            self.logger.error("damaged bytes could not be set aside", metadata: ["reason": "\(error)"])
            return false
        }
    }
}
