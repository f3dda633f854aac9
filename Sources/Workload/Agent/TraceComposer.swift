import Telemetry

/// Composes one trace, span by span, along a clock that starts at zero.
///
/// A child opens after its parent and closes before it, so times nest by construction. Each part is given the number
/// of spans it has to make, and makes exactly so many.
struct TraceComposer {
    let fleet: Fleet
    let failuresPerMille: Int
    let capturesContent: Bool
    /// The services that others call; not empty.
    let callable: Range<Int>
    /// Everything but ids.
    var random: SplitMix64
    /// Of ids alone, so that they stay unique over all traces of a scenario.
    var ids: SplitMix64
    var trace: TraceDraft
    /// Nanoseconds since the trace began.
    var clock: UInt64 = 0
    /// The open spans, the root first.
    private var open: [Int] = []

    /// How deep calls between services nest at most; the stack is not ours alone.
    static let depthMax = 24

    init(
        fleet: Fleet,
        callable: Range<Int>,
        failuresPerMille: Int,
        capturesContent: Bool = false,
        random: SplitMix64,
        ids: SplitMix64
    ) {
        self.fleet = fleet
        self.callable = callable
        self.failuresPerMille = failuresPerMille
        self.capturesContent = capturesContent
        self.random = random
        self.ids = ids
        self.trace = TraceDraft(id: self.ids.traceID())
    }

    /// Starts a span below the innermost open one.
    ///
    /// - Returns: its index, which ``close(_:_:)`` wants back.
    mutating func open(
        _ name: String,
        _ kind: SpanKind,
        service: Int,
        scope: Scope,
        _ attributes: [Attribute]
    ) -> Int {
        let parent = self.open.last.map { self.trace.spans[$0] }
        let index = self.trace.spans.count
        self.trace.spans.append(
            SpanDraft(
                id: self.ids.spanID(),
                parent: parent?.id,
                isParentRemote: parent.map { $0.service != service } ?? false,
                service: service,
                scope: scope,
                name: name,
                kind: kind,
                start: self.clock,
                end: self.clock,
                attributes: attributes
            )
        )
        self.open.append(index)
        return index
    }

    /// Ends the innermost open span.
    ///
    /// - Parameters:
    ///   - index: what ``open(_:_:service:scope:_:)`` gave.
    ///   - failure: makes the span an error.
    ///   - raised: whether the failure arose here, which an exception event tells, and not further down.
    mutating func close(_ index: Int, _ failure: Failure? = nil, raised: Bool = false) {
        self.open.removeLast()
        self.trace.spans[index].end = self.clock
        guard let failure else { return }
        self.trace.spans[index].attributes.append(Attribute("error.type", failure.type))
        self.trace.spans[index].errorMessage = failure.message
        if raised { self.trace.spans[index].exception = failure }
    }

    mutating func add(_ attribute: Attribute, to index: Int) {
        self.trace.spans[index].attributes.append(attribute)
    }

    func duration(of index: Int) -> UInt64 {
        self.trace.spans[index].end - self.trace.spans[index].start
    }

    /// Lets time pass: log-normal, and once in a hundred cases much longer.
    mutating func spend(median: Double, spread: Double = 0.5) {
        var nanoseconds = self.random.logNormal(median: median, spread: spread)
        if self.random.chance(perMille: 10) { nanoseconds *= Double(self.random.within(5...30)) }
        // An hour is more than any part of a trace takes; the clock stays far from its end.
        self.clock += UInt64(min(max(nanoseconds, 1), 3.6e12))
    }

    /// Decides whether a call fails by itself.
    mutating func drawFailure(from list: [Failure]) -> Failure? {
        guard !list.isEmpty, self.random.chance(perMille: self.failuresPerMille) else { return nil }
        return list[self.random.below(list.count)]
    }
}
