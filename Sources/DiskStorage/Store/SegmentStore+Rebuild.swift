internal import Logging
internal import Storage
internal import Synchronization
internal import Telemetry

extension SegmentStore {
    /// Asks a sealed segment's index; where that turns out damaged, it is written again in the background.
    ///
    /// - Returns: The answer; nil where the index could not give one.
    func reading<Value>(_ segment: SealedSegment, _ body: () throws -> Value) -> Value? {
        do { return try body() } catch {
            let isNew = self.state.withLock { $0.rebuilding.insert(segment.id).inserted }
            guard isNew else { return nil }
            self.logger.error(
                "an index could not be read, and is built again",
                metadata: ["segment": "\(segment.path)", "reason": "\(error)"]
            )
            self.merger.enqueue { [self] in self.rebuildIndex(of: segment) }
            return nil
        }
    }

    /// Writes a sealed segment's index files again from its frames; runs on the merge thread.
    private func rebuildIndex(of segment: SealedSegment) {
        defer { self.state.withLock { _ = $0.rebuilding.remove(segment.id) } }
        guard self.state.withLock({ $0.sealed.contains { $0 === segment } }) else { return }
        do {
            let index = try MappedFile(segment.file).withBytes { bytes in
                var index = SegmentIndex()
                for pending in Self.survey(bytes).frames {
                    index.add(
                        pending.frame,
                        offset: pending.offset,
                        payload: try? pending.frame.payload(bytes, at: pending.offset)
                    )
                }
                return index
            }
            try Self.writeIndex(index, path: segment.path, facts: segment.facts)
            let rebuilt = try SealedSegment(path: segment.path, id: segment.id)
            self.state.withLock { state in
                state.sealed.removeAll { $0 === segment }
                state.insert(rebuilt)
                state.counters.damagedIndexes += 1
            }
            self.views.forget(segment.id)
        } catch {
            self.logger.error(
                "an index could not be built again",
                metadata: ["segment": "\(segment.path)", "reason": "\(error)"]
            )
        }
    }
}
