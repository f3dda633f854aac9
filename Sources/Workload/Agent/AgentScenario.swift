package import Telemetry

/// Makes the telemetry of a fleet of AI agents and of the services they use: traces, logs and metrics that belong
/// together.
///
/// A trace is one turn of a session: `invoke_agent neo-clone` → `brain.process_input` → intent recognition, context
/// retrieval, inferences, and skills with their tools, which call services over HTTP, which call one another and
/// their databases. The same options and the same calls give the same bytes. Costs some microseconds per span; for
/// the highest rates patch one batch again and again with ``PatchedBatch``.
package struct AgentScenario: Sendable {
    /// What it was made from.
    package let options: AgentScenarioOptions
    let fleet: Fleet
    var random: SplitMix64
    /// The spans of the last batch, for the log records that tell of them.
    var recent: [SpanReference] = []
    var instruments = Instruments()
    private var ids: SplitMix64
    private var sessions: [String] = []

    /// Draws the fleet.
    ///
    /// - Throws: ``InvalidAgentScenario`` where an option is out of its range.
    package init(_ options: AgentScenarioOptions) throws(InvalidAgentScenario) {
        let problems = options.problems
        guard problems.isEmpty else { throw InvalidAgentScenario(problems: problems) }
        self.options = options
        self.random = SplitMix64(seed: options.seed)
        self.ids = self.random.fork()
        var fleetRandom = self.random.fork()
        self.fleet = Fleet(
            services: options.services,
            operations: options.operationsPerService,
            random: &fleetRandom
        )
        for _ in 0..<16 { self.sessions.append(Self.sessionID(&self.random)) }
    }

    /// What each value of content carries, where ``AgentScenarioOptions/capturesContent`` is on.
    package static var contentMarker: String { TraceComposer.contentMarker }

    /// The services' names, the agent first.
    package var serviceNames: [String] { self.fleet.services.map(\.name) }

    /// Makes a request with so many spans, in whole traces of which only the last may be cut short.
    ///
    /// - Parameters:
    ///   - count: how many spans; cut to 0...``Batch/itemsMax``.
    ///   - now: when the request is sent; each trace ended up to one second before.
    /// - Returns: a request grouped by service and scope, the traces in the order in which they were made.
    package mutating func spans(_ count: Int, at now: Timestamp) -> Batch {
        let traces = self.traces(min(max(count, 0), Batch.itemsMax), at: now)
        return Batch(
            signal: .spans,
            bytes: SpanRequest.encode(traces, of: self.fleet),
            itemCount: traces.reduce(0) { $0 + $1.spans.count },
            traceIDs: traces.map(\.id),
            errorCount: traces.reduce(0) { $0 + $1.errorCount }
        )
    }

    private mutating func traces(_ count: Int, at now: Timestamp) -> [TraceDraft] {
        self.instruments.begin(at: now)
        self.recent.removeAll(keepingCapacity: true)
        var traces: [TraceDraft] = []
        var left = count
        while left > 0 {
            let trace = self.trace(spans: min(left, self.random.within(self.options.spansPerTrace)), at: now)
            left -= trace.spans.count
            for measurement in trace.measurements { self.instruments.record(measurement) }
            for span in trace.spans { self.recent.append(SpanReference(span, of: trace)) }
            traces.append(trace)
        }
        return traces
    }

    private mutating func trace(spans: Int, at now: Timestamp) -> TraceDraft {
        let place = self.random.below(self.sessions.count)
        if self.random.chance(perMille: 50) { self.sessions[place] = Self.sessionID(&self.random) }
        var composer = TraceComposer(
            fleet: self.fleet,
            callable: TraceComposer.agent + 1..<self.fleet.services.count,
            failuresPerMille: self.options.failuresPerMille,
            capturesContent: self.options.capturesContent,
            random: self.random.fork(),
            ids: self.ids
        )
        composer.turn(
            spans: spans,
            session: self.sessions[place],
            skills: self.options.operationsPerService
        )
        self.ids = composer.ids
        let age = UInt64(self.random.below(1_000_000_000))
        composer.trace.end(at: now.nanoseconds - min(now.nanoseconds, age))
        return composer.trace
    }

    private static func sessionID(_ random: inout SplitMix64) -> String {
        "ses_" + SpanID(random.next()).hex
    }
}
