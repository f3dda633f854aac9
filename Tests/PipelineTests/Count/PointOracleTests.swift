import OTLPMessages
import SwiftProtobuf
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// What clients measured, sent through an edge in any order and over its restarts, against what a plain model expects.
@Suite struct PointOracleTests {
    /// What a window is to hold of one client.
    private struct Expected: Equatable {
        var whole: Int128 = 0
        var count: UInt64 = 0
        var zeros: UInt64 = 0
        var sum: Int128 = 0
        /// Values that stand in buckets, with their signs.
        var values: [Double] = []
    }

    private struct Place: Hashable {
        var window: Window
        var label: String
    }

    /// What the receiver may know of a stream: the last point that it took.
    private struct Known {
        var time: Double
        var state: MetricClient.State
    }

    private struct Bench: ~Copyable {
        var edge: Edge
        var started: Double
        var known: [String: Known] = [:]
        var expected: [Place: Expected] = [:]
        var impossible: UInt64 = 0
        var frames: [SealedFrame] = []

        init(at now: Double) {
            self.edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(now))
            self.started = now
        }

        /// A crash that loses no window: what was counted is told, what was remembered is gone.
        mutating func restart(at now: Double) {
            self.finish(at: now)
            self.edge = Edge(options: EdgeOptions(), run: .test, at: .seconds(now))
            self.started = now
            self.known = [:]
        }

        mutating func finish(at now: Double) {
            self.edge.finish(at: .seconds(now))
            self.frames += self.edge.cut()
            #expect(self.edge.accounts.impossible == self.impossible)
            self.impossible = 0
        }

        mutating func send(_ export: Export, at now: Double) throws {
            var request = OTLPMetricsData()
            request.resourceMetrics = [.with { $0.scopeMetrics = [.with { $0.metrics = export.metrics }] }]
            _ = try self.edge.takeMetrics(request.serializedBytes(), at: .seconds(now))
            self.frames += self.edge.cut()
            self.expect(export, in: Window(at: .seconds(now)))
        }

        private mutating func expect(_ export: Export, in window: Window) {
            var step = export.says
            // A sum is what the sender's doubles add up to.
            var sum = ExponentialHistogram.nano(step.values.reduce(0, +))
            if !export.isDelta {
                let before = self.known[export.label]
                if let before, export.time <= before.time { return }
                self.known[export.label] = Known(time: export.time, state: export.says)
                if let before {
                    step.whole -= before.state.whole
                    step.values.removeFirst(before.state.values.count)
                    sum -= ExponentialHistogram.nano(before.state.values.reduce(0, +))
                } else if export.start ?? -1 < self.started {
                    // It began before anybody watched, or nobody knows when.
                    return
                }
            }
            var total = self.expected[Place(window: window, label: export.label)] ?? Expected()
            total.whole += Int128(step.whole) * 1_000_000_000
            total.count += UInt64(step.values.count)
            total.sum += sum
            total.zeros += UInt64(step.values.count { $0.magnitude <= export.says.zeroThreshold })
            total.values += step.values.filter { $0.magnitude > export.says.zeroThreshold }
            self.expected[Place(window: window, label: export.label)] = total
        }
    }

    private struct Export {
        var label: String
        var metrics: [OTLPMetric]
        var says: MetricClient.State
        var start: Double?
        var time: Double
        var isDelta: Bool
    }

    @Test func `slots hold what clients measured, to the unit, in whatever order it comes`() throws {
        let first = Sweep.seed(1)
        for seed in first..<first + UInt64(Sweep.rounds(60)) {
            var random = SplitMix64(seed: seed)
            var bench = Bench(at: 100)
            var clients = (0..<6).map { Self.client($0, 0, at: 90 + Double($0 * 5), &random) }
            var delayed: [Export] = []
            for round in 0..<60 {
                let now = 120 + Double(round) * 2.25
                for place in clients.indices {
                    clients[place].work()
                    // A client that is started anew says so by its start, and under a name of its own here.
                    if random.below(25) == 0 {
                        clients[place] = Self.client(place, round + 1, at: now - 1, &random)
                    }
                    guard random.below(3) > 0 else { continue }
                    let (metrics, says) = clients[place].export(at: now)
                    let export = Export(
                        label: clients[place].label,
                        metrics: metrics,
                        says: says,
                        start: clients[place].start,
                        time: now,
                        isDelta: clients[place].temporality == .delta
                    )
                    switch random.below(8) {
                    case 0: delayed.append(export)
                    case 1 where !export.isDelta:
                        // It comes twice; of deltas nobody could tell.
                        try bench.send(export, at: now)
                        try bench.send(export, at: now)
                    // It is lost: the next step covers a cumulative stream's gap.
                    case 2 where !export.isDelta: break
                    default: try bench.send(export, at: now)
                    }
                }
                if random.below(4) == 0, !delayed.isEmpty {
                    try bench.send(delayed.remove(at: Int(random.below(delayed.count))), at: now)
                }
                if random.below(6) == 0 { try Self.sendImpossible(&bench, &random, at: now) }
                if random.below(20) == 0 { bench.restart(at: now + 1) }
            }
            bench.finish(at: 400)
            try Self.compare(bench, "seed \(seed)")
        }
    }

    private static func client(
        _ place: Int,
        _ start: Int,
        at now: Double,
        _ random: inout SplitMix64
    ) -> MetricClient {
        MetricClient(
            "\(place).\(start)",
            at: now,
            saysStart: random.below(5) > 0,
            isDelta: place % 3 == 0,
            seed: random.next()
        )
    }

    private static func sendImpossible(
        _ bench: inout Bench,
        _ random: inout SplitMix64,
        at now: Double
    ) throws {
        let far = OTLPHistogramDataPoint([1, 2, 3], [1])
        let unsorted = OTLPHistogramDataPoint([1, 1, 1], [2, 1])
        let notANumber = OTLPHistogramDataPoint([1, 1], [.nan])
        var long = OTLPExponentialHistogramDataPoint(scale: 3)
        long.positive.bucketCounts = Array(repeating: 1, count: PointHistogram.exponentialMax + 1)
        // What was counted is not what stands in the buckets.
        var other = OTLPHistogramDataPoint([1, 2], [1], start: 1_000, time: 2_000)
        other.count = 4
        var another = OTLPExponentialHistogramDataPoint(scale: 3, positive: [1, 2], zeros: 1)
        another.count = 3
        let metrics: [OTLPMetric] = [
            .gauge(.nan), .sum(.infinity, .delta), .sum(-1, start: 1, time: 2), .histogram(far),
            .histogram(unsorted, .delta), .histogram(notANumber), .exponential(long, .delta),
            .histogram(other), .exponential(another, .delta),
        ]
        let chosen = metrics.filter { _ in random.below(2) == 0 }
        var request = OTLPMetricsData()
        request.resourceMetrics = [.with { $0.scopeMetrics = [.with { $0.metrics = chosen }] }]
        _ = try bench.edge.takeMetrics(request.serializedBytes(), at: .seconds(now))
        bench.impossible += UInt64(chosen.count)
    }

    private static func compare(_ bench: borrowing Bench, _ replay: Comment) throws {
        var found: [Place: Expected] = [:]
        for slot in try SealedContent.slots(bench.frames) {
            let parts = slot.series.name.split(separator: " ").map(String.init)
            let isKnown = parts.count == 2
            #expect(isKnown, "\(slot.series.name): \(replay)")
            guard isKnown else { continue }
            let place = Place(window: Window(at: ClusterTime(nanoseconds: slot.start)), label: parts[1])
            let wanted = bench.expected[place] ?? Expected()
            switch (parts[0], slot.value) {
            case ("sum", .counter(let nano)): found[place, default: Expected()].whole += nano
            case ("explicit", .histogram(let histogram)):
                found[place, default: Expected()].count += histogram.count
                found[place, default: Expected()].sum += histogram.nanoSum
            case ("exponential", .histogram(let histogram)):
                // Parts of a window that a restart divides are of one scale only after they are merged.
                found[place, default: Expected()].zeros += histogram.zeroCount
                found[place, default: Expected()].values += Self.values(histogram, like: wanted.values)
            default: Issue.record("\(slot): \(replay)")
            }
        }
        for place in Set(found.keys).union(bench.expected.keys) {
            var (got, wanted) = (found[place] ?? Expected(), bench.expected[place] ?? Expected())
            got.values.sort()
            wanted.values.sort()
            #expect(got == wanted, "\(place): \(replay)")
        }
    }

    /// Stands for the values in a histogram's buckets: those of them that are wanted by name, one for each count.
    private static func values(_ histogram: ExponentialHistogram, like wanted: [Double]) -> [Double] {
        var result: [Double] = []
        for (sign, side) in [(1.0, histogram.positive), (-1.0, histogram.negative)] {
            var rest: [Int: [Double]] = [:]
            for value in wanted where value * sign > 0 {
                rest[MetricClient.index(of: value.magnitude, scale: histogram.scale), default: []].append(
                    value
                )
            }
            for (index, count) in zip(Int(side.offset)..., side.counts) {
                for _ in 0..<min(count, 10_000) { result.append(rest[index]?.popLast() ?? .nan) }
            }
        }
        return result
    }
}
