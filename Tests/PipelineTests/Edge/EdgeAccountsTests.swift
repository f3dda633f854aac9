import Pipeline
import SwiftProtobuf
import Telemetry
import TestSupport
import Testing

/// Whatever happens, in any order: in + recovered = out + held + dropped + duplicate.
@Suite struct EdgeAccountsTests {
    @Test func `accounts close after every step of random lives`() throws {
        let first = Sweep.seed(1)
        for seed in first..<first + UInt64(Sweep.rounds(100)) {
            var life = try EdgeLife(seed: seed)
            for step in 0..<60 {
                try life.step()
                let problem = life.problem
                guard problem == nil else {
                    Issue.record(
                        "seed \(seed), step \(step): \(problem ?? ""); \(Sweep.replay("EdgeAccountsTests", seed: seed))"
                    )
                    return
                }
            }
            let problem = try life.end()
            #expect(problem == nil, "seed \(seed); \(Sweep.replay("EdgeAccountsTests", seed: seed))")
        }
    }

    @Test func `accounts of several edges add up`() {
        var left = EdgeAccounts()
        left.bySignal[.spans, default: Account()].received = 3
        left.bySignal[.spans, default: Account()].dropped = [.sampled: 1]
        left.bySignal[.spans, default: Account()].out = 2
        left.rejected = [.spans: [.traceIDZero: 1]]
        left.refused = [.logs: ["malformed": 2]]
        left.redacted = 1
        var sum = left
        sum.add(left)
        #expect(sum.bySignal[.spans]?.received == 6 && sum.bySignal[.spans]?.dropped == [.sampled: 2])
        #expect(sum.bySignal[.spans]?.closes == true)
        #expect(sum.rejected[.spans] == [.traceIDZero: 2] && sum.refused[.logs] == ["malformed": 4])
        #expect(sum.redacted == 2)
        sum.bySignal[.spans]?.held = 1
        #expect(sum.bySignal[.spans]?.closes == false)
    }
}

/// One edge from start to end, with everything that can happen to it.
private struct EdgeLife: ~Copyable {
    private var random: SplitMix64
    private var maker: RandomMessages
    private var edge: Edge
    private var seconds = 0.0
    private var outstanding: [SealedFrame] = []
    /// What was given to the edge, by signal.
    private var given: [Signal: UInt64] = [:]

    init(seed: UInt64) throws {
        self.random = SplitMix64(seed: seed)
        self.maker = RandomMessages(seed: seed)
        var options = EdgeOptions()
        options.sampler = HeadSampler(share: [1, 0.5, 0][self.random.below(3)])
        options.limits = SeriesLimits(seriesMax: 30, seriesPerServiceMax: 8, servicesMax: 3)
        self.edge = Edge(options: options, run: .test, at: .seconds(0))
    }

    private var now: ClusterTime { .seconds(self.seconds) }

    /// What does not add up; nil where all does.
    var problem: String? {
        for signal in Signal.allCases {
            let account = self.edge.accounts.bySignal[signal, default: Account()]
            if !account.closes { return "\(signal) does not close: \(account)" }
            if signal != .slots, account.received != self.given[signal, default: 0] {
                return "\(signal) received \(account.received) of \(self.given[signal, default: 0])"
            }
            let held = self.outstanding.filter { $0.header.signal == signal }.reduce(0) {
                $0 + UInt64($1.header.itemCount)
            }
            if account.held < held {
                return "\(signal) holds \(account.held), but \(held) are out for writing"
            }
        }
        return nil
    }

    mutating func step() throws {
        self.seconds +=
            self.random.one(in: 6) ? Double(self.random.below(30)) : Double(self.random.below(100)) / 100
        switch self.random.below(12) {
        case 0...2:
            let bytes: [UInt8] = try self.maker.traces(spans: 5, services: 6).serializedBytes()
            let admission = try self.edge.takeTraces(bytes, at: self.now)
            self.given[.spans, default: 0] += UInt64(admission.accepted)
        case 3:
            let bytes: [UInt8] = try self.maker.logs(records: 5).serializedBytes()
            self.given[.logs, default: 0] += UInt64(try self.edge.takeLogs(bytes, at: self.now).accepted)
        case 4:
            let bytes: [UInt8] = try self.maker.metrics(points: 5).serializedBytes()
            self.given[.points, default: 0] += UInt64(try self.edge.takeMetrics(bytes, at: self.now).accepted)
        case 5:
            let series = Series("cpu \(self.random.below(50))", unit: "1", kind: .gauge, subject: .host("h"))
            self.edge.add(series, .gauge(GaugeValue(1, at: self.now)), at: self.now)
        case 6: self.edge.tick(at: self.now)
        case 7:
            let series = Series("old", unit: "1", kind: .counter, subject: .host("h"))
            let slot = Slot(series: series, start: 0, part: 1, value: .counter(nano: 5))
            self.edge.recover([slot], of: RunID(high: 1, low: 1), at: self.now)
        case 8:
            let damaged: [UInt8] = [0x0a, 0x05, 0x01]
            #expect(throws: Refusal.self) { try self.edge.takeTraces(damaged, at: .seconds(self.seconds)) }
        case 9: self.outstanding += self.edge.cut()
        default: self.settleOne()
        }
    }

    /// Confirms or fails one of the frames that are out, in any order.
    private mutating func settleOne() {
        guard !self.outstanding.isEmpty else { return }
        let frame = self.outstanding.remove(at: self.random.below(self.outstanding.count))
        if self.random.one(in: 4) { self.edge.fail(frame) } else { self.edge.confirm(frame.header) }
    }

    /// Ends the life: everything is written in the end, and nothing is held.
    mutating func end() throws -> String? {
        self.edge.finish(at: self.now)
        while true {
            self.outstanding += self.edge.cut()
            if self.outstanding.isEmpty { break }
            while !self.outstanding.isEmpty { self.settleOne() }
        }
        if let problem = self.problem { return problem }
        let held = self.edge.accounts.bySignal.values.reduce(0) { $0 + $1.held }
        let hasStaged = self.edge.hasStaged
        return held == 0 && !hasStaged ? nil : "\(held) are still held"
    }
}
