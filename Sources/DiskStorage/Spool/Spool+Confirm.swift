internal import Glibc
internal import Logging
internal import Storage
internal import Synchronization
package import Telemetry

extension Spool {
    /// Lets go of frames that the cluster has confirmed; those that are not held change nothing.
    ///
    /// It is written down soon, and not waited for: after a crash some frames are sent again, and collectors know
    /// them by their ids.
    package func confirm(_ ids: [FrameID]) { self.letGo(ids, as: .confirmed) }

    /// Lets go of frames that cannot be delivered, and counts their items as dropped; others change nothing.
    package func drop(_ ids: [FrameID], as reason: SpoolDrop) {
        self.letGo(ids, as: .dropped(reason))
    }

    private func letGo(_ ids: [FrameID], as release: SpoolState.Release) {
        self.state.withLock { state in
            let count = ids.count { state.letGo($0, as: release) != nil }
            if count > 0 { self.scheduleConfirmations(&state) }
        }
    }

    /// Sees to it that what was let go is written down soon.
    func scheduleConfirmations(_ state: inout SpoolState) {
        guard !state.isConfirmationScheduled else { return }
        state.isConfirmationScheduled = true
        self.writer.enqueue { [self] in self.writeConfirmations() }
    }

    /// Writes down what was let go, one write per file; what fails is tried again by maintenance.
    ///
    /// Runs on the writer thread.
    func writeConfirmations() {
        for (segment, place, ids) in self.state.withLock({ $0.takeConfirmations() }) {
            let path = self.path(segment) + ".ack"
            do throws(StorageFailure) {
                let file = try File(path, flags: O_CREAT | O_WRONLY)
                try file.write(ConfirmationRecord.encoded(ids), at: place)
                self.state.withLock { state in
                    guard let index = state.index(of: segment) else { return }
                    state.segments[index].confirmationBytes = place + ids.count * ConfirmationRecord.byteCount
                }
            } catch {
                self.state.withLock { state in
                    state.counters.failedConfirmations += 1
                    state.counters.lastTrouble = self.now()
                    guard let index = state.index(of: segment) else { return }
                    state.segments[index].unwritten = ids + state.segments[index].unwritten
                }
                self.logger.warning(
                    "confirmations could not be written down; it is tried again",
                    metadata: ["reason": "\(error)"]
                )
            }
        }
    }

    /// Waits for the disk with what is written down of files whose frames a later file covers.
    ///
    /// Runs on the writer thread. What fails is tried again by the next maintenance; the later file stays until then.
    func synchroniseConfirmations() {
        for segment in self.state.withLock({ $0.unsynchronised }) {
            let path = self.path(segment) + ".ack"
            do throws(StorageFailure) {
                try File(path, flags: O_RDWR).synchronise()
                try File.synchroniseFolder(of: path)
                self.state.withLock { state in
                    guard let index = state.index(of: segment) else { return }
                    state.segments[index].isSynchronised = true
                }
            } catch {
                self.logger.warning("confirmations are not safe yet", metadata: ["reason": "\(error)"])
            }
        }
    }
}
