import OTLPMessages
import Telemetry
import TestSupport
import Testing

@testable import Pipeline

/// What points of sums and gauges add to a window; the edge began to watch at second 0.
@Suite struct PointCounterTests {
    @Test func `deltas count as they are, whenever they began`() throws {
        var bench = MetricSender()
        #expect(try bench.number(.sum(5, start: -100, time: 1, .delta), at: 1) == 5)
        #expect(try bench.number(.sum(2.5, start: 1, time: 2, .delta), at: 2) == 2.5)
        #expect(try bench.number(.sum(2.5, .delta), at: 2) == 2.5)
        #expect(try bench.number(.sum(-2, .delta, isMonotonic: false), at: 2) == -2)
    }

    @Test func `a cumulative stream counts whole at first, then by its steps`() throws {
        var bench = MetricSender()
        #expect(try bench.number(.sum(10, start: 1, time: 5), at: 5) == 10)
        #expect(try bench.number(.sum(12.5, start: 1, time: 15), at: 15) == 2.5)
        #expect(try bench.number(.sum(12.5, start: 1, time: 25), at: 25) == 0)
        // Two exports were lost: the next step covers the gap.
        #expect(try bench.number(.sum(20, start: 1, time: 55), at: 55) == 7.5)
    }

    @Test(arguments: [-1.0, nil])
    func `of a stream that began earlier, or nobody knows when, only the steps count`(_ start: Double?) throws
    {
        var bench = MetricSender()
        #expect(try bench.number(.sum(1000, start: start, time: 5), at: 5) == nil)
        #expect(try bench.number(.sum(1003, start: start, time: 15), at: 15) == 3)
        // It fell: the process was started anew, and counts from zero.
        #expect(try bench.number(.sum(4, start: start, time: 25), at: 25) == 4)
        #expect(try bench.number(.sum(6, start: start, time: 35), at: 35) == 2)
    }

    @Test func `an edge that does not know when it began takes an unknown start as older`() throws {
        var bench = MetricSender(started: ClusterTime(nanoseconds: 0))
        #expect(try bench.number(.sum(1000, time: 5), at: 5) == nil)
        #expect(try bench.number(.sum(10, start: -1e9, time: 5), at: 5) == 10)
    }

    @Test func `a stream reset by its start counts whole, also above the value it had`() throws {
        for first in [-50.0, 1] {
            var bench = MetricSender()
            _ = try bench.number(.sum(10, start: first, time: 5), at: 5)
            #expect(try bench.number(.sum(25, start: 10, time: 15), at: 15) == 25)
            #expect(try bench.number(.sum(26, start: 10, time: 25), at: 25) == 1)
        }
    }

    @Test func `a sender's clock that is late does not hide a reset`() throws {
        var bench = MetricSender()
        #expect(try bench.number(.sum(10, start: -90, time: -80), at: 5) == nil)
        #expect(try bench.number(.sum(3, start: -75, time: -70), at: 15) == 3)
    }

    @Test func `processes of one service that differ by their start do not reset each other`() throws {
        var bench = MetricSender()
        #expect(try bench.number(.sum(10, start: 1, time: 5), at: 5) == 10)
        #expect(try bench.number(.sum(20, start: 2, time: 6), at: 6) == 20)
        #expect(try bench.number(.sum(900, start: -9, time: 7), at: 7) == nil)
        #expect(try bench.number(.sum(11, start: 1, time: 15), at: 15) == 1)
        #expect(try bench.number(.sum(22, start: 2, time: 16), at: 16) == 2)
        #expect(try bench.number(.sum(903, start: -9, time: 17), at: 17) == 3)
    }

    @Test func `a point that comes late or twice adds nothing`() throws {
        var bench = MetricSender()
        #expect(try bench.number(.sum(10, start: 1, time: 5), at: 5) == 10)
        #expect(try bench.number(.sum(30, start: 1, time: 25), at: 25) == 20)
        #expect(try bench.number(.sum(20, start: 1, time: 15), at: 26) == nil)
        #expect(try bench.number(.sum(30, start: 1, time: 25), at: 27) == nil)
        #expect(try bench.number(.sum(31, start: 1, time: 35), at: 35) == 1)
    }

    @Test func `streams that differ by a label are counted apart`() throws {
        var bench = MetricSender()
        #expect(try bench.number(.sum(10, start: 1, time: 5, label: "a"), at: 5) == 10)
        #expect(try bench.number(.sum(4, start: 1, time: 5, label: "b"), at: 5) == 4)
        #expect(try bench.number(.sum(11, start: 1, time: 6, label: "a"), at: 6) == 1)
    }

    @Test func `a gauge, and a cumulative sum that can fall, is a state`() throws {
        var bench = MetricSender()
        let metrics: [OTLPMetric] = [.gauge(-3), .sum(-3, start: 1, time: 5, isMonotonic: false)]
        for metric in metrics {
            #expect(
                try bench.send(metric, at: 7) == [
                    .init(kind: .gauge, value: .gauge(GaugeValue(-3, at: .seconds(7))))
                ]
            )
        }
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `what is not a number adds nothing and is no reset`(_ number: Double) throws {
        var bench = MetricSender()
        #expect(try bench.send(.gauge(number), at: 1).isEmpty)
        #expect(try bench.send(.sum(number, .delta), at: 1).isEmpty)
        #expect(try bench.number(.sum(10, start: 1, time: 5), at: 5) == 10)
        #expect(try bench.send(.sum(number, start: 1, time: 6), at: 6).isEmpty)
        #expect(try bench.send(.sum(number, start: 1, time: 6, isMonotonic: false), at: 6).isEmpty)
        #expect(try bench.number(.sum(12, start: 1, time: 7), at: 7) == 2)
    }

    @Test func `a sum that cannot fall is never negative`() throws {
        var bench = MetricSender()
        #expect(try bench.send(.sum(-1, .delta), at: 1).isEmpty)
        #expect(try bench.send(.sum(-1, start: 1, time: 2), at: 2).isEmpty)
        #expect(try bench.number(.sum(10, start: 1, time: 5), at: 5) == 10)
        #expect(try bench.send(.sum(-1, start: 1, time: 6), at: 6).isEmpty)
        #expect(try bench.number(.sum(12, start: 1, time: 7), at: 7) == 2)
    }

    @Test func `a point flagged as without a value adds nothing`() throws {
        var bench = MetricSender()
        #expect(try bench.number(.sum(10, start: 1, time: 5), at: 5) == 10)
        var metric = OTLPMetric.sum(0, start: 1, time: 6)
        metric.sum.dataPoints[0].flags = 1
        #expect(try bench.send(metric, at: 6).isEmpty)
        metric.sum.dataPoints[0].value = nil
        #expect(try bench.send(metric, at: 6).isEmpty)
        #expect(try bench.number(.sum(11, start: 1, time: 7), at: 7) == 1)
    }

    // MARK: Limits

    @Test func `a stream that finds no room does not count, rather than whole each time`() throws {
        var bench = MetricSender(streamsMax: 2)
        for label in ["a", "b"] {
            #expect(try bench.number(.sum(1, start: 1, time: 5, label: label), at: 5) == 1)
        }
        for round in 1...3 {
            let time = Double(round * 10)
            #expect(try bench.number(.sum(7, start: 1, time: time, label: "c"), at: time) == nil)
            #expect(
                try bench.number(.sum(1 + Double(round), start: 1, time: time, label: "a"), at: time) == 1
            )
        }
        #expect(bench.overflowCount == 3)
    }

    @Test func `silent streams make room after five minutes, and do not count whole when they speak again`()
        throws
    {
        var bench = MetricSender(streamsMax: 2)
        #expect(try bench.number(.sum(100, start: 1, time: 5, label: "silent"), at: 5) == 100)
        #expect(try bench.number(.sum(1, start: 1, time: 5, label: "a"), at: 5) == 1)
        #expect(try bench.number(.sum(2, start: 1, time: 300, label: "a"), at: 300) == 1)
        #expect(try bench.number(.sum(5, start: 2, time: 305, label: "b"), at: 305) == nil)
        #expect(bench.overflowCount == 1)
        // The first window that is more than thirty behind that of the silent stream.
        #expect(try bench.number(.sum(6, start: 2, time: 310, label: "b"), at: 310) == 6)
        #expect(try bench.number(.sum(3, start: 1, time: 320, label: "a"), at: 320) == 1)
        // All fall silent but the forgotten one.
        #expect(try bench.number(.sum(107, start: 1, time: 700, label: "silent"), at: 700) == nil)
        #expect(try bench.number(.sum(110, start: 1, time: 710, label: "silent"), at: 710) == 3)
        // What begins later still counts whole.
        #expect(try bench.number(.sum(9, start: 705, time: 711, label: "new"), at: 711) == 9)
    }

    @Test func `a start in the far future does not blind the counter to new streams`() throws {
        var bench = MetricSender(streamsMax: 1)
        #expect(try bench.number(.sum(1, start: 1e9, time: 5, label: "mad"), at: 5) == 1)
        #expect(try bench.number(.sum(2, start: 390, time: 400, label: "a"), at: 400) == nil)
        #expect(try bench.number(.sum(2, start: 405, time: 410, label: "b"), at: 410) == nil)
        #expect(try bench.number(.sum(2, start: 1005, time: 1010, label: "b"), at: 1010) == 2)
    }

    @Test func `one series does not take the room of all by ever new starts`() throws {
        var bench = MetricSender()
        for start in 1...300 {
            _ = try bench.number(.sum(1, start: Double(start) / 100, time: 5), at: 5)
        }
        #expect(bench.overflowCount == 44)
        #expect(try bench.number(.sum(1, start: 1, time: 5, label: "other"), at: 5) == 1)
    }

    @Test func `a stream of more attributes than a series may have is not remembered`() throws {
        var bench = MetricSender()
        var metric = OTLPMetric.sum(1, start: 1, time: 5)
        for number in 0..<200 {
            var pair = OTLPKeyValue()
            pair.key = "key \(number)"
            pair.value.intValue = 1
            metric.sum.dataPoints[0].attributes.append(pair)
        }
        #expect(try bench.send(metric, at: 5).isEmpty)
        #expect(bench.overflowCount == 1)
    }

    // MARK: Against a naive model

    /// A process that counts, and what was last heard of it.
    private struct Process {
        let start: Double
        var total = 0.0
        var firstHeard: Double?
        var lastHeard = 0.0

        /// What a window should have of it: all since its start, or since it was first heard.
        var counted: Double {
            guard let firstHeard else { return 0 }
            return self.start >= 0 ? self.lastHeard : self.lastHeard - firstHeard
        }
    }

    @Test func `whatever is lost, late, repeated or restarted, the steps add up`() throws {
        let first = Sweep.seed(1)
        for seed in first..<first + UInt64(Sweep.rounds(60)) {
            var random = SplitMix64(seed: seed)
            var bench = MetricSender()
            var running = (0..<3).map { Process(start: Double($0) / 4 - 0.5) }
            var ended: [Process] = []
            var late: [OTLPMetric] = []
            var sum = 0.0
            for second in 1...150 {
                let now = Double(second)
                let index = random.below(running.count)
                running[index].total += Double(random.below(1000)) / 8
                switch random.below(8) {
                case 0: late.append(.sum(running[index].total, start: running[index].start, time: now))
                case 1:
                    ended.append(running[index])
                    running[index] = Process(start: now + 0.125)
                case 2 where !late.isEmpty:
                    // Its stream is known by now, or it would be no late point but a first one.
                    let metric = late[random.below(late.count)]
                    let start = metric.sum.dataPoints[0].startTimeUnixNano
                    let isKnown = (running + ended).contains {
                        OTLPMetric.time($0.start) == start
                            && $0.lastHeard > metric.sum.dataPoints[0].asDouble
                    }
                    if isKnown { sum += try bench.number(metric, at: now) ?? 0 }
                case 3: break
                default:
                    var process = running[index]
                    sum +=
                        try bench.number(.sum(process.total, start: process.start, time: now), at: now) ?? 0
                    process.firstHeard = process.firstHeard ?? process.total
                    process.lastHeard = process.total
                    running[index] = process
                }
            }
            let expected = (running + ended).reduce(0) { $0 + $1.counted }
            #expect(sum == expected, "\(Sweep.replay("the steps add up", seed: seed))")
        }
    }
}
