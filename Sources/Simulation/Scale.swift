internal import Cluster
internal import Telemetry

/// What a cluster of some size costs and how fast it is, on virtual time.
package struct Scale: Equatable, Sendable {
    /// Nodes.
    package var nodes: Int
    /// From the end of a process until another node has it dead: the median of all others, and the last one; nil where one of
    /// them never has.
    package var crash: Spread?
    /// The same where a process stands still, so that no connection ends.
    package var silence: Spread?
    /// Membership in quiet, per node and second.
    package var membership: Traffic
    /// Gossip of 500 series, per node and second.
    package var totals: Traffic
    /// Repair in quiet with nothing to repair, per node and second; one round each 30 s.
    package var repair: Traffic
    /// Partitions of the node that owns most, over the mean; two copies.
    package var balance: Double
    /// From the end of a window until all nodes show the same totals of it, seconds; nil where they never did.
    package var convergence: Double?

    /// Median and maximum, seconds.
    package struct Spread: Equatable, Sendable {
        /// As many are below as above.
        package var median: Double
        /// The last one.
        package var maximum: Double
    }

    /// Per node and second.
    package struct Traffic: Equatable, Sendable {
        /// Sent by one node in a second, answers included.
        package var messages: Double
        /// Of these messages, as the wire has them.
        package var bytes: Double
    }
}

extension World {
    private static let seriesCount = 500
    private static let seriesPerService = 10
    /// Quiet is measured from the first to the second.
    private static let quietFrom = 10
    private static let quietTo = 40

    /// Plays a cluster that has stood for long: half a minute of quiet, then one process dies and another one stands still.
    ///
    /// Three nodes at least; the product's times of repair, without the rounds that follow a change.
    package static func scale(nodes count: Int, seed: UInt64) -> Scale {
        var world = World(nodes: 0, seed: seed)
        world.repairOptions = Repair.Options()
        world.repairOptions.hotRounds = 0
        world.startTogether(count)
        world.run(until: .seconds(Self.quietFrom))
        let before = world.log
        world.isMeasuring = true
        var convergence: Double?
        for turn in 0..<(Self.quietTo - Self.quietFrom) / 10 {
            let time = world.makeTotals()
            if turn == 0 { convergence = time }
            world.run(until: .seconds(Self.quietFrom + 10 * (turn + 1)))
        }
        world.isMeasuring = false
        let after = world.log
        let balance = world.balance
        let crash = Duration.seconds(Self.quietTo)
        world.perform(.crash(0))
        world.perform(.pause(1))
        world.run(until: crash + .seconds(count > 300 ? 40 : 30))
        let share = Double(count * (Self.quietTo - Self.quietFrom))
        func traffic(_ messages: KeyPath<Log, Int>, _ bytes: KeyPath<Log, Int>) -> Scale.Traffic {
            Scale.Traffic(
                messages: Double(after[keyPath: messages] - before[keyPath: messages]) / share,
                bytes: Double(after[keyPath: bytes] - before[keyPath: bytes]) / share
            )
        }
        return Scale(
            nodes: count,
            crash: world.detection(of: 0, since: crash),
            silence: world.detection(of: 1, since: crash),
            membership: traffic(\.messages, \.membershipBytes),
            totals: traffic(\.totalsMessages, \.totalsBytes),
            repair: traffic(\.repairMessages, \.repairBytes),
            balance: balance,
            convergence: convergence
        )
    }

    /// Starts nodes that all know and reach each other.
    private mutating func startTogether(_ count: Int) {
        var records: [MemberRecord] = []
        for index in 0..<count {
            self.addNode(index)
            self.nodes[index].disk.epoch = 1
            self.nodes[index].boots = 1
            self.nodes[index].clockOffset = self.nodes[index].wallOffset
            self.nodes[index].started = .milliseconds(-self.network.below(3000))
            let id = self.nodes[index].id
            records.append(
                MemberRecord(node: id, epoch: 1, run: self.draw(), address: "\(id):7940", zone: "")
            )
        }
        for index in 0..<count {
            var membership = Membership(
                records[index],
                placement: self.parameters,
                options: self.options,
                seed: self.draw(),
                at: .zero - self.nodes[index].started
            )
            membership.know(records)
            self.nodes[index].membership = membership
            for peer in 0..<index {
                self.streams += 1
                self.nodes[index].streams[peer] = self.streams
                self.nodes[peer].streams[index] = self.streams
            }
        }
        for index in 0..<count {
            self.viewChanged(index)
            self.drive(index, .timer) { membership, now in membership.tick(at: now) }
            self.dialAll(index)
        }
    }

    /// Puts the totals of the window that just ended on the disks of their owners.
    ///
    /// - Returns: How many seconds later all nodes show them alike; nil where they do not within eight.
    private mutating func makeTotals() -> Double? {
        guard let view = self.nodes.first?.membership?.view else { return nil }
        let placement = Placement(view.records, view.parameters)
        let run = self.newRun(of: .door(0))
        let window = Window(index: Window(at: self.clock(of: 0)).index - 1)
        for service in 0..<Self.seriesCount / Self.seriesPerService {
            let subject = Series.Subject.service("service-\(service)")
            let slots = (0..<Self.seriesPerService).map { number in
                Slot(
                    series: Series("series.\(number)", unit: "1", kind: .counter, subject: subject),
                    start: window.start.nanoseconds,
                    part: 0,
                    value: .counter(nano: 1_000_000_000)
                )
            }
            let key = Key.service("service-\(service)")
            let id = self.book.add(run, key: key, created: self.clock(of: 0), slots: slots)
            self.oracle.advance(to: self.clock(of: 0))
            self.oracle.add(self.book.name(of: id).id, slots)
            for owner in placement.owners(of: key.partition).compactMap({ self.numbers[$0] }) {
                self.store(self.book.name(of: id), at: owner)
            }
        }
        let began = self.now
        var showing = 0
        while self.now < began + .seconds(8) {
            self.run(until: self.now + .milliseconds(250))
            // Whoever shows all of it shows all of it from then on.
            while showing < self.nodes.count, self.shows(window, at: showing) { showing += 1 }
            if showing == self.nodes.count { return (self.now - began) / .seconds(1) }
        }
        return nil
    }

    /// Whether a node shows of a window what was made in it, and something was.
    func shows(_ window: Window, at index: Int) -> Bool {
        let made = self.oracle.entries(of: window)
        guard !made.isEmpty, let table = self.nodes[index].totals?.table else { return false }
        return Self.areEqual(table.entries(of: window), made)
    }

    private func detection(of victim: Int, since: Duration) -> Scale.Spread? {
        var first: [Int: Duration] = [:]
        for verdict in self.log.verdicts
        where verdict.about == victim && verdict.status == .dead && verdict.at >= since {
            if first[verdict.by] == nil { first[verdict.by] = verdict.at - since }
        }
        let times = first.values.map { $0 / .seconds(1) }.sorted()
        let others = self.nodes.count(where: \.isRunning)
        guard times.count >= others, !times.isEmpty else { return nil }
        return .init(median: times[times.count / 2], maximum: times[times.count - 1])
    }

    private var balance: Double {
        guard let view = self.nodes.last?.membership?.view else { return 0 }
        let placement = Placement(view.records, view.parameters)
        var counts: [NodeID: Int] = [:]
        for partition in 0..<Key.partitionCount {
            for owner in placement.owners(of: partition) { counts[owner, default: 0] += 1 }
        }
        let all = Key.partitionCount * min(2, placement.nodes.count)
        return Double(counts.values.max() ?? 0) * Double(placement.nodes.count) / Double(all)
    }
}
