internal import Storage
internal import Telemetry

extension SpoolState {
    /// What a commit brought, for those who follow.
    struct Published: Sendable {
        /// For the cluster.
        var frames: [SpoolEntry] = []
        /// For whoever gathers.
        var parts: [SpoolEntry] = []
    }

    /// Where the items of a frame go that is let go.
    enum Release: Equatable, Sendable {
        case confirmed
        case dropped(SpoolDrop)
        /// Into gathered frames, which are held.
        case covered
    }

    /// Takes gathered frames out of the queue's account that are not made of what is held.
    ///
    /// Between asking and writing, a file may have been dropped or a part found damaged: its items are counted as
    /// dropped, and must not come back under another name.
    ///
    /// - Parameter batch: Frames that bring new items, or one append of gathered ones.
    /// - Returns: That append; empty where everything is to be written.
    mutating func takeStale(_ batch: [Append]) -> [Append] {
        let stale = batch.filter { self.isStale($0) }
        self.leaveQueue(stale)
        return stale
    }

    private func isStale(_ append: Append) -> Bool {
        guard let covered = append.covered else { return false }
        var items: [Signal: Int] = [:]
        for id in covered {
            guard let entry = self.entries[id] else { return true }
            items[entry.signal, default: 0] += entry.itemCount
        }
        for header in append.frames.map(\.header) where !header.isCover {
            items[header.signal, default: 0] -= Int(header.itemCount)
        }
        return !items.values.allSatisfy { $0 == 0 }
    }

    /// Notes that a batch is safe.
    ///
    /// - Parameters:
    ///   - batch: What was in the queue.
    ///   - new: Its frames that stand in the file now, in this order, behind the last one.
    ///   - known: Its other frames.
    ///   - segment: The file, which is in the list.
    ///   - now: Cluster time.
    /// - Returns: What is held from now on.
    mutating func publish(
        _ batch: [Append],
        new: [SealedFrame],
        known: [SealedFrame],
        in segment: UInt64,
        at now: ClusterTime
    ) -> Published {
        self.leaveQueue(batch)
        for header in known.map(\.header) {
            self.count(header.signal) { $0.duplicate += UInt64(header.itemCount) }
        }
        guard let index = self.index(of: segment) else { return Published() }
        var published = Published()
        for sealed in new {
            let entry = SpoolEntry(
                sealed.frame,
                segment: segment,
                offset: self.segments[index].end,
                heldSince: now
            )
            self.segments[index].byteCount += sealed.bytes.count
            self.note(sealed.frame, in: index)
            if sealed.header.isCover {
                self.segments[index].holdsCovers = true
            } else if sealed.header.flags.contains(.journal) {
                self.count(entry.signal) { $0.journaled += UInt64(entry.itemCount) }
            } else {
                self.hold(entry, in: index)
                self.cache.insert(entry.id, sealed.bytes)
                if entry.isPart, self.partsHandler != nil {
                    published.parts.append(entry)
                } else {
                    published.frames.append(entry)
                }
            }
        }
        self.counters.parts += UInt64(published.parts.count)
        for append in batch { self.releaseCovered(by: append) }
        return published
    }

    /// Lets go of what gathered frames were made of.
    private mutating func releaseCovered(by append: Append) {
        guard let covered = append.covered else { return }
        var items: [Signal: Int] = [:]
        for header in append.frames.map(\.header) where !header.isCover {
            items[header.signal, default: 0] += Int(header.itemCount)
        }
        for id in covered {
            guard let entry = self.letGo(id, as: .covered) else { continue }
            items[entry.signal, default: 0] -= entry.itemCount
        }
        // A benign race: a part was found damaged while this was written. Its items are counted as dropped, and come in again.
        for signal in Signal.allCases {
            self.count(signal) { $0.received += UInt64(max(0, items[signal] ?? 0)) }
        }
        self.counters.gatheredFrames += UInt64(append.frames.count { !$0.header.isCover })
    }

    /// Lets go of a frame.
    ///
    /// - Returns: What it was; nil where it is not held.
    @discardableResult
    mutating func letGo(_ id: FrameID, as release: Release) -> SpoolEntry? {
        guard let entry = self.entries.removeValue(forKey: id) else { return nil }
        self.cache.remove(id)
        self.heldBytes -= entry.byteCount
        if let index = self.index(of: entry.segment) { self.segments[index].letGo(id, self.entries) }
        let items = UInt64(entry.itemCount)
        if case .dropped = release { self.counters.droppedFrames += 1 }
        self.count(entry.signal) { account in
            account.held -= items
            switch release {
            case .confirmed: account.confirmed += items
            case .dropped(let reason): account.dropped[reason, default: 0] += items
            case .covered: break
            }
        }
        return entry
    }

    /// Decides, at the start, between gathered frames and what they were made of.
    ///
    /// The frames count where all of them are there, or where none of the others is held: then the append was whole once,
    /// and something was lost since. Else a crash tore the append, none of its frames was ever sent, and the others count.
    mutating func recover(_ cover: Cover, isWhole: Bool) {
        let isTorn = !isWhole && cover.parts.contains { self.entries[$0] != nil }
        for id in isTorn ? cover.frames : cover.parts {
            guard let entry = self.letGo(id, as: .covered) else { continue }
            self.count(entry.signal) { $0.recovered -= UInt64(entry.itemCount) }
        }
    }
}
