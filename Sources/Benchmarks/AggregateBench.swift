internal import Cluster
internal import Foundation
internal import Telemetry

/// Prints what aggregates cost: merging a slot, recording a value, what gossip sends, and memory.
///
/// Run it by `scripts/bench aggregates`. Merges are measured as CPU time on this thread; gossip on virtual time, so its bytes are the same
/// on every machine.
enum AggregateBench {
    /// One line of the answer.
    struct Line: Encodable {
        var figure: String
        var value: Double
        var unit: String
        /// What it is not to exceed; nil where it is only told.
        var limit: Double?
    }

    static func run() throws {
        // Memory first, while nothing was freed that could be used again.
        var lines = Self.memory()
        lines += Self.inserts() + Self.merges() + Self.additions()
        for nodes in [3, 10, 30] {
            let gossip = [10, 100, 1_000].map { Self.gossip(nodes: nodes, hosts: $0) }
            lines += gossip.flatMap(\.self)
            let growth = gossip[2][0].value / gossip[0][0].value
            lines.append(
                Line(
                    figure: "gossip at 1,000 hosts to 10, \(nodes) nodes",
                    value: growth,
                    unit: "×",
                    limit: 1.25
                )
            )
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        print(String(decoding: try encoder.encode(lines), as: UTF8.self))
    }

    private static func inserts() -> [Line] {
        var random = SplitMix64(seed: 1)
        let durations = (0..<4_096).map { _ in AggregateLoad.nanoseconds(&random) }
        var histogram = ExponentialHistogram()
        let rounds = 2_000
        let seconds = CPUTime.measure {
            for _ in 0..<rounds {
                for duration in durations { histogram.record(nanoseconds: duration) }
            }
        }
        precondition(histogram.count == UInt64(rounds * durations.count), "every value is counted")
        let each = seconds * 1e9 / Double(rounds * durations.count)
        return [Line(figure: "histogram insert", value: each, unit: "ns", limit: 20)]
    }

    private static func merges() -> [Line] {
        var random = SplitMix64(seed: 2)
        var lines: [Line] = []
        for (name, kind) in [
            ("counter", Series.Kind.counter), ("gauge", .gauge), ("histogram", .histogram),
            ("distinct", .distinct),
        ] {
            let values = (0..<64).map { _ in AggregateLoad.value(kind, samples: 2_000, &random) }
            var total = values[0]
            let rounds = 4_000
            let seconds = CPUTime.measure {
                for _ in 0..<rounds { for value in values { total.merge(value) } }
            }
            precondition(total.kind == kind, "the total is used")
            let each = seconds * 1e6 / Double(rounds * values.count)
            lines.append(Line(figure: "slot merge, \(name)", value: each, unit: "µs", limit: 1))
        }
        return lines
    }

    /// What an owner spends on a slot: its series' hash, its digest, its merge.
    private static func additions() -> [Line] {
        var random = SplitMix64(seed: 3)
        let load = AggregateLoad(hosts: 200, &random)
        var table = AggregateTable()
        table.advance(to: AggregateLoad.epoch)
        table.own { _ in true }
        let chunks = load.chunks(window: Window(at: AggregateLoad.epoch))
        let slots = chunks.reduce(0) { $0 + $1.slots.count }
        let seconds = CPUTime.measure {
            for chunk in chunks { table.add(chunk.id, chunk.slots) }
        }
        return [
            Line(
                figure: "slot into its total, with hash and digest",
                value: seconds * 1e6 / Double(slots),
                unit: "µs",
                limit: nil
            )
        ]
    }

    private static func memory() -> [Line] {
        var random = SplitMix64(seed: 4)
        let load = AggregateLoad(hosts: 1, services: 20, &random)
        var table = AggregateTable()
        table.advance(to: AggregateLoad.epoch)
        table.own { _ in true }
        let before = Self.residentBytes
        let present = Window(at: AggregateLoad.epoch).index
        let windows = table.limits.windows
        for index in present + 1 - windows...present {
            for chunk in load.chunks(window: Window(index: index)) {
                table.add(chunk.id, chunk.slots.map(Self.decoded))
            }
        }
        let bytes = Double(Self.residentBytes - before)
        let entries = table.windows.reduce(0) { $0 + table.entries(of: $1).count }
        let perThousand = bytes / Double(entries) * 1_000
        return [
            Line(figure: "memory of 1,000 series, one window", value: perThousand / 1_024, unit: "KiB"),
            Line(
                figure: "memory of 1,000 series, all \(windows) windows",
                value: perThousand * Double(windows) / 1_048_576,
                unit: "MiB"
            ),
        ]
    }

    /// The slot as a node has it that read its bytes: nothing is shared with others.
    private static func decoded(_ slot: Slot) -> Slot {
        var writer = ByteWriter()
        slot.encode(into: &writer)
        var reader = WireReader(writer.bytes.raw)
        return (try? Slot(from: &reader)) ?? slot
    }

    private static func gossip(nodes: Int, hosts: Int) -> [Line] {
        var cluster = AggregateCluster(nodes: nodes, hosts: hosts)
        let result = cluster.run(windows: 5)
        let name = "\(nodes) nodes, \(hosts) hosts, 500 series"
        return [
            Line(figure: "gossip, \(name)", value: result.bytesPerNodeAndSecond, unit: "B/s per node"),
            Line(
                figure: "all nodes alike after a window's end, \(name)",
                value: result.slowestSeconds,
                unit: "s"
            ),
        ]
    }

    /// Resident memory of this process; zero where the system does not tell.
    private static var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4_096 : 0
    }
}
