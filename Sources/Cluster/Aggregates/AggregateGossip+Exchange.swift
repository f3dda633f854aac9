internal import Telemetry

extension AggregateGossip {
    /// Windows that are compared at an instant.
    func comparable(at now: ClusterTime) -> Range<UInt64> {
        self.table.comparable(endedBefore: now.advanced(byNanoseconds: -Int64(clamping: self.options.delay)))
    }

    /// The marks of windows that are not as an asker has them; the newest ones where there is no room for all.
    mutating func marks(
        for summaries: [AggregateMessage.Summary],
        at now: ClusterTime
    ) -> AggregateMessage {
        let comparable = self.comparable(at: now)
        var theirs: [UInt64: AggregateMessage.Summary] = [:]
        // What one side does not compare any more, or not yet, neither takes.
        for summary in summaries where comparable.contains(summary.window) {
            theirs[summary.window] = summary
        }
        var differing = Set(theirs.keys)
        for own in self.table.summaries(in: comparable) {
            if theirs[own.window] == own {
                differing.remove(own.window)
            } else {
                differing.insert(own.window)
            }
        }
        var room = AggregateMessage.answerBytesMax - 16
        var result: [AggregateMessage.Marks] = []
        for window in differing.sorted(by: >) {
            let marks = self.table.marks(of: window)
            room -= 16 + marks.count * AggregateMessage.markBytesMax
            guard room >= 0 else { break }
            result.append(.init(window: window, marks: marks))
        }
        return .marks(result.reversed())
    }

    /// What is lacked and what is given, by the marks of another node; of the newest windows where there is no room for all.
    mutating func exchanges(for windows: [AggregateMessage.Marks]) -> [AggregateMessage.Exchange] {
        // Half of the room is for what is lacked, so that neither keeps the other waiting for good.
        var lackedRoom = AggregateMessage.questionBytesMax / 2 - (1 << 14)
        var givenRoom = AggregateMessage.questionBytesMax / 2 - (1 << 14)
        var result: [AggregateMessage.Exchange] = []
        for marks in windows.reversed() where marks.window >= self.table.floor.index {
            var exchange = AggregateMessage.Exchange(window: marks.window, lacked: [], given: [])
            var theirs: [UInt64: AggregateMark] = [:]
            for mark in marks.marks { theirs[mark.series] = mark.mark }
            let own = self.table.marks(of: marks.window)
            for mark in own where givenRoom > 0 {
                guard theirs[mark.series].map({ mark.mark.mayImprove($0) }) ?? true else { continue }
                self.give(mark.series, &exchange, &givenRoom)
            }
            let ownMarks = Dictionary(
                own.map { ($0.series, $0.mark) },
                uniquingKeysWith: { first, _ in first }
            )
            for mark in marks.marks where lackedRoom > 0 {
                guard ownMarks[mark.series].map({ mark.mark.mayImprove($0) }) ?? true else { continue }
                exchange.lacked.append(mark.series)
                lackedRoom -= 8
            }
            if !exchange.lacked.isEmpty || !exchange.given.isEmpty { result.append(exchange) }
        }
        return result.reversed()
    }

    /// The entries that another node lacks; of the newest windows where there is no room for all.
    mutating func given(for windows: [AggregateMessage.Exchange]) -> AggregateMessage {
        var room = AggregateMessage.answerBytesMax - (1 << 15)
        var result: [AggregateMessage.Exchange] = []
        for window in windows.reversed() {
            var exchange = AggregateMessage.Exchange(window: window.window, lacked: [], given: [])
            for hash in window.lacked where room > 0 { self.give(hash, &exchange, &room) }
            if !exchange.given.isEmpty { result.append(exchange) }
        }
        return .entries(result.reversed())
    }

    /// Takes the entries that another node gave.
    mutating func take(_ windows: [AggregateMessage.Exchange]) {
        for window in windows {
            for entry in window.given {
                self.counts.entriesTaken += 1
                self.table.tell(entry, in: Window(index: window.window))
            }
        }
    }

    /// Gives an entry where there is room for it.
    private mutating func give(
        _ hash: UInt64,
        _ exchange: inout AggregateMessage.Exchange,
        _ room: inout Int
    ) {
        guard let entry = self.table.entry(hash, in: exchange.window) else { return }
        var writer = ByteWriter(reserving: 512)
        AggregateMessage.encode(entry, into: &writer)
        // Where one does not fit, a shorter one behind it waits too: the next round brings both.
        room -= writer.bytes.count
        guard room >= 0 else { return }
        self.counts.entriesGiven += 1
        exchange.given.append(entry)
    }
}
