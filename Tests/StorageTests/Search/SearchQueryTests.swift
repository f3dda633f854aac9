import Telemetry
import TestSupport
import Testing
import Workload

@testable import Storage

@Suite struct SearchQueryTests {
    @Test func `random queries select what a naive reader selects`() throws {
        for seed in Sweep.seed(1)..<Sweep.seed(1) + UInt64(Sweep.rounds(15)) {
            let chunks = try RandomChunks(seed: seed, traces: 30)
            let index = try chunks.index()
            let traces = chunks.traces
            var random = SplitMix64(seed: seed)
            for round in 0..<60 {
                let query = RandomChunks.query(&random)
                let naive = traces.indices.filter { number in
                    guard let trace = traces[number] else { return false }
                    let duration = trace.end - trace.start
                    return query.terms.allSatisfy { trace.has($0) } && trace.start <= query.to
                        && trace.end >= query.from && duration >= query.minDuration
                        && duration <= query.maxDuration && (!query.onlyErrors || trace.isError)
                }.sorted {
                    (traces[$1]?.start ?? 0, $0) < (traces[$0]?.start ?? 0, $1)
                }
                let selected = query.select(
                    index.rows,
                    postings: query.terms.map { index.chunks($0) },
                    limit: query.limit
                )
                #expect(
                    selected == naive.prefix(query.limit).map { UInt32($0) },
                    "\(Sweep.replay("random queries", seed: seed)), round \(round), \(query)"
                )
            }
        }
    }

    @Test func `the best of many rows are kept although only some are remembered on the way`() {
        var random = SplitMix64(seed: 9)
        let rows = (0..<5_000).map { Self.row($0, start: UInt64(random.below(1_000))) }
        let expected = rows.indices.sorted { (rows[$1].firstStart, $0) < (rows[$0].firstStart, $1) }
        for limit in [0, 1, 3, 200, 5_000, 9_999, .max] {
            let selected = SearchQuery().select(rows, postings: [], limit: limit)
            #expect(selected == expected.prefix(limit).map { UInt32($0) }, "limit \(limit)")
        }
        #expect(SearchQuery().select(rows, postings: [], limit: -1) == [])
    }

    @Test func `rows of another signal, and chunks that do not exist, are left out`() {
        var rows = (0..<4).map { Self.row($0, start: UInt64($0)) }
        rows[2].signal = .logs
        #expect(SearchQuery().select(rows, postings: [], limit: 9) == [3, 1, 0])
        #expect(SearchQuery(signal: .logs).select(rows, postings: [], limit: 9) == [2])
        #expect(SearchQuery().select(rows, postings: [[1, 7, .max], [0, 1, 7, .max]], limit: 9) == [1])
        #expect(SearchQuery().select(rows, postings: [[0, 1], []], limit: 9) == [])
    }

    @Test func `a trace whose parts fit only together is selected once`() {
        var rows = (0..<3).map { Self.row($0, start: UInt64($0) * 10) }
        rows[2].trace = 0
        rows[0].widen(by: rows[2])
        let long = SearchQuery(minDuration: 21)
        #expect(long.select(rows, postings: [[0], [2]], limit: 9) == [0])
        #expect(long.select(rows, postings: [], limit: 9) == [0])
        #expect(long.select(rows, postings: [[0], [1]], limit: 9) == [])
    }

    @Test func `times at the ends of the scale do not trap`() {
        var row = Self.row(0, start: .max)
        row.duration = .max
        #expect(SearchQuery().matches(row))
        row.firstStart = 0
        #expect(SearchQuery(from: .max, to: .max).matches(row))
    }

    private static func row(_ number: Int, start: UInt64) -> SearchColumns.Row {
        SearchColumns.Row(
            signal: .spans,
            flags: [],
            firstStart: start,
            duration: 1,
            itemCount: 1,
            errorCount: 0,
            service: 0,
            rootName: 0,
            trace: UInt32(number)
        )
    }
}
