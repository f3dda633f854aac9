package import Telemetry

/// What somebody looks for among chunks of one signal; chunks of spans are taken together as traces.
package struct SearchQuery: Equatable, Sendable {
    /// Only chunks of this signal.
    package var signal: Signal
    /// All of them must occur, in any chunk of a trace.
    package var terms: [Term]
    /// Nanoseconds since the Unix epoch; chunks that end before are left out.
    package var from: UInt64
    /// Chunks that start after are left out.
    package var to: UInt64
    /// Nanoseconds between first start and last end.
    package var minDuration: UInt64
    /// The longest that fits, in nanoseconds.
    package var maxDuration: UInt64
    /// Only where an item failed.
    package var onlyErrors: Bool
    /// Attributes that one span, or its resource, must have; they are not indexed, so candidates are opened.
    package var attributes: [AttributeMatch] = []
    /// How many results are wanted; the latest starts come first.
    package var limit: Int

    /// A query for everything, but for what is given.
    package init(
        signal: Signal = .spans,
        terms: [Term] = [],
        from: UInt64 = 0,
        to: UInt64 = .max,
        minDuration: UInt64 = 0,
        maxDuration: UInt64 = .max,
        onlyErrors: Bool = false,
        limit: Int = 20
    ) {
        self.signal = signal
        self.terms = terms
        self.from = from
        self.to = to
        self.minDuration = minDuration
        self.maxDuration = maxDuration
        self.onlyErrors = onlyErrors
        self.limit = limit
    }

    /// Whether a row fits, its terms aside.
    package func matches(_ row: SearchColumns.Row) -> Bool {
        row.signal == self.signal && row.firstStart <= self.to && row.firstStart &+ row.duration >= self.from
            && row.duration >= self.minDuration && row.duration <= self.maxDuration
            && (!self.onlyErrors || row.flags.contains(.error))
    }

    /// Whether a trace fits as a whole, its terms and attributes aside.
    package func fits(_ hit: TraceHit) -> Bool {
        hit.start <= self.to && hit.end >= self.from && hit.duration >= self.minDuration
            && hit.duration <= self.maxDuration && (!self.onlyErrors || hit.errorCount > 0)
    }

    /// The rows that fit, latest start first; of equal starts the lower row comes first.
    ///
    /// Chunks of spans are judged together, as the trace they are of: the terms may lie in different ones.
    ///
    /// - Parameters:
    ///   - rows: All rows of a segment.
    ///   - postings: One ascending list per term.
    ///   - limit: How many to give at most.
    /// - Returns: Numbers of rows; of a trace only the row that stands for it.
    package func select(_ rows: [SearchColumns.Row], postings: [[UInt32]], limit: Int) -> [UInt32] {
        let limit = min(max(limit, 0), rows.count)
        var best: [(start: UInt64, row: UInt32)] = []
        func consider(_ index: UInt32) {
            guard Int(index) < rows.count else { return }
            let row = rows[Int(index)]
            guard self.matches(row) else { return }
            best.append((row.firstStart, index))
            // Keep at most twice the limit, so that the whole costs n log limit.
            if best.count >= limit * 2 + 64 { Self.trim(&best, to: limit) }
        }
        if postings.isEmpty {
            for index in rows.indices where self.standsFor(index, rows) {
                consider(UInt32(truncatingIfNeeded: index))
            }
        } else {
            for index in Self.intersection(postings.map { self.traces($0, rows) }) { consider(index) }
        }
        Self.trim(&best, to: limit)
        return best.map(\.row)
    }

    private func standsFor(_ index: Int, _ rows: [SearchColumns.Row]) -> Bool {
        self.signal != .spans || Int(rows[index].trace) == index
    }

    /// The rows that stand for the chunks of a list, ascending, each once.
    private func traces(_ chunks: [UInt32], _ rows: [SearchColumns.Row]) -> [UInt32] {
        guard self.signal == .spans else { return chunks }
        var result: [UInt32] = []
        result.reserveCapacity(chunks.count)
        var isSorted = true
        for chunk in chunks where Int(chunk) < rows.count && rows[Int(chunk)].signal == .spans {
            let row = rows[Int(chunk)].trace
            if let last = result.last {
                if last == row { continue }
                isSorted = isSorted && last < row
            }
            result.append(row)
        }
        guard !isSorted else { return result }
        result.sort()
        var kept = 0
        for row in result where kept == 0 || result[kept - 1] != row {
            result[kept] = row
            kept += 1
        }
        result.removeSubrange(kept...)
        return result
    }

    private static func trim(_ best: inout [(start: UInt64, row: UInt32)], to limit: Int) {
        best.sort { $0.start == $1.start ? $0.row < $1.row : $0.start > $1.start }
        if best.count > limit { best.removeLast(best.count - limit) }
    }

    private static func intersection(_ lists: [[UInt32]]) -> [UInt32] {
        let sorted = lists.sorted { $0.count < $1.count }
        guard var result = sorted.first else { return [] }
        for list in sorted.dropFirst() {
            var kept: [UInt32] = []
            var place = 0
            for value in result {
                while place < list.count, list[place] < value { place += 1 }
                if place < list.count, list[place] == value { kept.append(value) }
            }
            result = kept
        }
        return result
    }
}
