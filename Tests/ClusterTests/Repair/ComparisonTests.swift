import Telemetry
import Testing

@testable import Cluster

@Suite struct ComparisonTests {
    private static let key = Key(high: 1, low: 2)
    private static var partition: UInt16 { UInt16(Self.key.partition) }

    private static func name(
        _ sequence: UInt64,
        minute: UInt64 = 130,
        stands: ChunkDigest? = nil
    ) -> ChunkName {
        ChunkName(
            id: ChunkID(frame: FrameID(run: RunID(high: 1, low: 1), sequence: sequence), key: Self.key),
            created: ClusterTime(nanoseconds: minute * 60_000_000_000),
            stands: stands
        )
    }

    private static func digest(_ names: [ChunkName]) -> ChunkDigest {
        names.reduce(into: .none) { $0 += $1.digest }
    }

    private static func span(_ minute: UInt32 = 130, isHour: Bool = false) -> BucketSpan {
        BucketSpan(partition: Self.partition, start: minute, isHour: isHour)
    }

    private static func comparison(_ purpose: Comparison.Purpose) -> Comparison {
        Comparison(.named("b"), purpose, [Self.partition], minutes: 100..<200, minutesFrom: 120)
    }

    /// Both sides' answers to the question for one minute and for its names.
    private static func compared(
        _ purpose: Comparison.Purpose,
        mine: [ChunkName],
        theirs: [ChunkName]
    ) -> [Comparison.Result] {
        var comparison = Self.comparison(purpose)
        #expect(comparison.next() == .spans([Self.partition], minutes: 100..<200, minutesFrom: 120))
        func spans(_ names: [ChunkName]) -> RepairAnswer {
            .spans(names.isEmpty ? [] : [SpanDigest(span: Self.span(), digest: Self.digest(names))])
        }
        var results = comparison.take(spans(theirs), of: .theirs) ?? []
        results += comparison.take(spans(mine), of: .mine) ?? []
        guard let question = comparison.next() else { return results }
        #expect(question == .names([Self.span()]))
        results += comparison.take(.names([mine]), of: .mine) ?? []
        results += comparison.take(.names([theirs]), of: .theirs) ?? []
        #expect(comparison.next() == nil)
        return results
    }

    @Test func `counts that are as large as numbers go are added without a trap`() {
        var comparison = Self.comparison(.pull)
        _ = comparison.next()
        let spans = (130..<133).map {
            SpanDigest(span: Self.span($0), digest: ChunkDigest(count: .max, sum: 1))
        }
        #expect(comparison.take(.spans(spans), of: .theirs) == [])
        #expect(comparison.take(.spans([]), of: .mine) == [])
        // One at a time: each has more names than an answer takes.
        #expect(comparison.next() == .names([Self.span(130)]))
    }

    @Test func `what they have and this node lacks is missing, and nothing else is`() {
        let names = (1...4).map { Self.name($0) }
        #expect(
            Self.compared(.pull, mine: Array(names[0...1]), theirs: Array(names[1...3])) == [
                .missing(Array(names[2...3]))
            ]
        )
        #expect(Self.compared(.pull, mine: [], theirs: names) == [.missing(names)])
        #expect(Self.compared(.pull, mine: names, theirs: []) == [])
        #expect(Self.compared(.pull, mine: names, theirs: [names[0]]) == [.missing([])])
        let held = SpanDigest(span: Self.span(), digest: Self.digest(names))
        #expect(Self.compared(.pull, mine: names, theirs: names.reversed()) == [.held(held)])
    }

    @Test func `a bucket may be given away where they hold all of it, as it was then`() {
        let names = (1...4).map { Self.name($0) }
        let held = SpanDigest(span: Self.span(), digest: Self.digest([names[1]]))
        #expect(Self.compared(.give, mine: [names[1]], theirs: names) == [.held(held)])
        #expect(Self.compared(.give, mine: names, theirs: [names[1]]) == [])
        #expect(Self.compared(.give, mine: names, theirs: []) == [])
        #expect(Self.compared(.give, mine: [], theirs: names) == [])
    }

    @Test func `slots that were rolled up are taken where nothing of their hour is here`() {
        let rolled = Self.name(9, stands: ChunkDigest(count: 3, sum: 30))
        let other = Self.name(8, stands: ChunkDigest(count: 2, sum: 20))
        #expect(Self.compared(.pull, mine: [], theirs: [rolled]) == [.missing([rolled])])
        // Nobody can tell which slots either stands for: taking it would count some twice.
        #expect(Self.compared(.pull, mine: [other], theirs: [rolled]) == [.unsettled, .missing([])])
        #expect(Self.compared(.pull, mine: [Self.name(1)], theirs: [rolled]) == [.unsettled, .missing([])])
        #expect(Self.compared(.pull, mine: [rolled], theirs: [Self.name(1)]) == [.unsettled, .missing([])])
        #expect(Self.compared(.give, mine: [other], theirs: [rolled]) == [])
        // Of the same chunks under another chunk's name: nothing is missing.
        let same = Self.name(7, stands: ChunkDigest(count: 3, sum: 30))
        let extra = Self.name(5, minute: 130)
        let results = Self.compared(.pull, mine: [same], theirs: [rolled, extra])
        #expect(results == [.unsettled, .missing([])])
    }

    @Test func `an answer to another question, or about what nobody asked for, is none`() {
        var fresh = Self.comparison(.pull)
        _ = fresh.next()
        let some = ChunkDigest(count: 1, sum: 1)
        for answer in [
            .names([]), .chunks([]), .partitions([], floor: 0),
            .spans([SpanDigest(span: Self.span(200), digest: some)]),
            .spans([SpanDigest(span: Self.span(60, isHour: false), digest: some)]),
            .spans([SpanDigest(span: Self.span(0, isHour: true), digest: some)]),
            .spans([SpanDigest(span: Self.span(.max), digest: some)]),
            .spans([
                SpanDigest(
                    span: BucketSpan(partition: Self.partition ^ 1, start: 130, isHour: false),
                    digest: some
                )
            ]),
            .spans([SpanDigest(span: Self.span(), digest: some), SpanDigest(span: Self.span(), digest: some)]
            ),
            .spans([
                SpanDigest(span: Self.span(140), digest: some), SpanDigest(span: Self.span(), digest: some),
            ]),
        ] as [RepairAnswer] {
            var comparison = fresh
            #expect(comparison.take(answer, of: .theirs) == nil, "\(answer)")
        }
        let hours = RepairAnswer.spans([SpanDigest(span: Self.span(60, isHour: true), digest: some)])
        #expect(fresh.take(hours, of: .theirs) == [] && fresh.take(.spans([]), of: .mine) == [])
        #expect(fresh.next() == .names([Self.span(60, isHour: true)]))
        let elsewhere = Self.name(1, minute: 130)
        for answer in [
            .names([]), .names([[], []]), .names([[elsewhere]]), .spans([]), .chunks([]),
        ] as [RepairAnswer] {
            var comparison = fresh
            #expect(comparison.take(answer, of: .theirs) == nil, "\(answer)")
        }
    }

    @Test func `of more names than one answer holds the rest is asked about again`() {
        var comparison = Self.comparison(.pull)
        _ = comparison.next()
        let spans = (0..<5).map { number in
            SpanDigest(span: Self.span(130 + UInt32(number)), digest: ChunkDigest(count: 30_000, sum: 5))
        }
        _ = comparison.take(.spans([]), of: .mine)
        _ = comparison.take(.spans(spans), of: .theirs)
        var asked: [BucketSpan] = []
        while let question = comparison.next() {
            guard case .names(let batch) = question else { break }
            #expect(batch.count <= 2)
            asked.append(contentsOf: batch.prefix(1))
            _ = comparison.take(.names(batch.map { _ in [] }), of: .mine)
            // They tell but the first one.
            _ = comparison.take(.names([[]]), of: .theirs)
        }
        #expect(asked == spans.map(\.span))
    }
}
