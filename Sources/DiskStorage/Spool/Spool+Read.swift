internal import Glibc
internal import Logging
internal import Storage
internal import Synchronization
package import Telemetry

extension Spool {
    /// The bytes of a frame that is held, from memory or from its file; nil where it was let go meanwhile.
    ///
    /// Checked before they are given. A damaged frame is dropped and counted; other failures may pass. Blocks while
    /// the disk reads.
    ///
    /// - Throws: `damaged`, or the system's word.
    package func bytes(of entry: SpoolEntry) throws(StorageFailure) -> [UInt8]? {
        let (found, cached) = self.state.withLock { state in
            (state.entries[entry.id], state.cache.bytes(of: entry.id))
        }
        guard let found else { return nil }
        if let cached { return cached }
        let path = self.path(found.segment) + ".spl"
        var bytes: [UInt8]
        do throws(StorageFailure) {
            bytes = try File(path, flags: O_RDONLY).read(at: found.offset, count: found.byteCount)
        } catch {
            // Its file goes soon after the last of its frames.
            guard self.isHeld(found.id) else { return nil }
            throw error
        }
        if let frame = try? Frame(bytes.raw), frame.header.id == found.id {
            // A crash may have taken the padding of the last frame.
            bytes.append(contentsOf: repeatElement(0, count: found.byteCount - bytes.count))
            return bytes
        }
        guard self.isHeld(found.id) else { return nil }
        self.drop([found.id], as: .damaged)
        self.state.withLock { $0.counters.lastTrouble = self.now() }
        self.logger.error(
            "a frame was damaged before it could be sent, and is lost",
            metadata: ["segment": "\(path)", "from": "\(found.offset)", "items": "\(found.itemCount)"]
        )
        throw StorageFailure(.damaged, "no whole frame at byte \(found.offset) of \(path); it was dropped")
    }

    private func isHeld(_ id: FrameID) -> Bool { self.state.withLock { $0.entries[id] != nil } }

    /// Walks the frames made at a time or later, confirmed ones and journal frames too, in the order they came.
    ///
    /// Each item comes once: gathered frames are passed over, for their parts are there, and covers are no items.
    /// Meant for the start, before anything new is appended: what an earlier process left of its open windows. What
    /// cannot be read is passed over.
    package func forEachFrame(since from: ClusterTime, _ body: (Frame, FramePayload) -> Void) {
        let segments = self.state.withLock { $0.segments.filter { $0.newest >= from && $0.byteCount > 0 } }
        for segment in segments {
            let path = self.path(segment.id) + ".spl"
            do throws(StorageFailure) {
                let mapped = try MappedFile(File(path, flags: O_RDONLY))
                mapped.withBytes { bytes in
                    // What is behind the end may be cut off while it is read.
                    var walk = SegmentWalk(bytes.extracting(0..<min(segment.end, bytes.byteCount)))
                    while let step = walk.next() {
                        guard case .frame(let frame, let offset) = step, frame.header.created >= from,
                            !frame.header.flags.contains(.gathered),
                            let payload = try? frame.payload(bytes, at: offset)
                        else { continue }
                        body(frame, payload)
                    }
                }
            } catch {
                self.logger.error(
                    "a file of the spool could not be read",
                    metadata: ["segment": "\(path)", "reason": "\(error)"]
                )
            }
        }
    }
}
