import Telemetry
import Testing

@testable import Cluster
@testable import Simulation

/// Repair and totals in whole clusters: what they make good, and that each promise that is broken on purpose is noticed.
@Suite struct RepairSimulationTests {
    private static let quietAt = 60

    /// Nodes under load for a minute, with faults in between, then three quiet minutes.
    private static func play(
        nodes: Int = 4,
        seed: UInt64 = 1,
        _ faults: [(Double, Fault)],
        breaking sabotage: Sabotage = .init(),
        _ harm: (inout World) -> Void = { _ in }
    ) -> World {
        var world = World(nodes: nodes, seed: seed)
        world.sabotage = sabotage
        world.addAgents(2, framesPerSecond: 10, until: .seconds(Self.quietAt))
        world.openDoors(until: .seconds(Self.quietAt))
        for (second, fault) in faults { world.schedule(fault, at: .milliseconds(Int(second * 1000))) }
        world.run(until: .seconds(Self.quietAt + 150))
        harm(&world)
        world.run(until: .seconds(Self.quietAt + 180))
        world.checkRepaired()
        return world
    }

    private static let loss: [(Double, Fault)] = [(20, .wipe(1)), (25, .restart(1)), (35, .join(4))]

    // MARK: - What is made good

    @Test func `a lost disk is filled, a node that joins gets its share, and nobody keeps others'`() {
        let world = Self.play(Self.loss)
        #expect(world.violations.isEmpty, "\(world.violations)")
        #expect(world.log.repairedCount > 300 && world.log.givenCount > 100, "\(world.log)")
    }

    @Test func `frames that rot are brought back by another holder`() {
        let world = Self.play([(30, .rot(0, perMille: 400)), (50, .rot(2, perMille: 100))])
        #expect(world.violations.isEmpty, "\(world.violations)")
        #expect(world.log.scrubbedCount > 100 && world.log.repairedCount > 100)
    }

    @Test func `a frame that rots on every disk is gone, and nothing else is`() {
        let world = Self.play([(40, .rotEverywhere(perMille: 100))])
        #expect(world.violations.isEmpty, "\(world.violations)")
        let gone = world.confirmed.missing(from: world.nodes.map(\.disk.frames)).count
        #expect(gone > 50 && gone * 8 < world.confirmed.count, "\(gone) of \(world.confirmed.count)")
    }

    @Test func `one that answers garbage keeps nobody from being filled, and is whole once it is sane`() {
        let world = Self.play(Self.loss + [(15, .lie(0)), (60, .healDisk(0))])
        #expect(world.violations.isEmpty, "\(world.violations)")
        let garbage = world.nodes.reduce(0) { $0 + ($1.repair?.counts.garbage ?? 0) }
        #expect(garbage > 5)
    }

    @Test func `a digest that never matches is asked about again and again, and costs nothing else`() {
        let world = Self.play([(15, .lie(0)), (60, .healDisk(0))])
        #expect(world.violations.isEmpty, "\(world.violations)")
    }

    @Test func `a disk that fills while it is filled takes the rest once there is room`() {
        let world = Self.play([
            (20, .wipe(1)), (25, .restart(1)), (27.5, .fullDisk(1)), (28, .fullDisk(2)), (50, .healDisk(1)),
            (55, .healDisk(2)),
        ])
        #expect(world.violations.isEmpty, "\(world.violations)")
        let refused = world.nodes.reduce(0) { $0 + ($1.repair?.counts.refused ?? 0) }
        #expect(refused > 0)
    }

    @Test func `a clock that is wrong at the start of a process follows the others'`() {
        let world = Self.play([
            (10, .skew(1, milliseconds: 400_000)), (11, .crash(1)), (15, .restart(1)),
            (20, .skew(2, milliseconds: -400_000)), (21, .crash(2)), (25, .restart(2)),
        ])
        #expect(world.violations.isEmpty, "\(world.violations)")
        #expect(world.nodes.allSatisfy { $0.clockOffset.magnitude <= 2_000_000_000 })
    }

    @Test func `what a crash interrupts is on the disk in part, and does no harm`() {
        var faults: [(Double, Fault)] = []
        for turn in 0..<8 {
            let (node, at) = (turn % 4, 12 + Double(turn) * 6)
            faults += [(at, .slowDisk(node, factor: 200)), (at + 2, .crash(node))]
            faults += [(at + 3, .restart(node)), (at + 3, .healDisk(node))]
        }
        let world = Self.play(faults)
        #expect(world.violations.isEmpty, "\(world.violations)")
    }

    // MARK: - Each checker is seen failing

    @Test func `owners that hold different chunks are noticed, and copies that lack`() {
        var idle = Sabotage()
        idle.repair = { _, effects in effects = [] }
        let world = Self.play(Self.loss, breaking: idle)
        world.expectNoticed("hold different chunks")
        world.expectNoticed("have too few copies")
        world.expectNoticed("held by others than their owners")
    }

    @Test func `giving away without asking the owners is noticed`() {
        var generous = Sabotage()
        generous.givesUnseen = true
        generous.repair = { repair, effects in
            guard repair.counts.rounds == 4, effects.isEmpty else { return }
            let minute = UInt32(repair.clock.minute)
            effects = [
                .give(
                    (0..<1024).map {
                        SpanDigest(
                            span: .init(partition: $0, start: minute, isHour: false),
                            digest: .none
                        )
                    }
                )
            ]
        }
        Self.play([], breaking: generous).expectNoticed("disks, with 0 lost")
    }

    @Test func `a store that removes what came after it was given away is noticed`() {
        for isHasty in [false, true] {
            var world = World(nodes: 2, seed: 1)
            world.sabotage.givesLateArrivals = isHasty
            world.addAgents(2, framesPerSecond: 10, until: .seconds(Self.quietAt))
            world.run(until: .seconds(20))
            // All buckets of this minute that are empty, as if their last chunk had just gone.
            let minute = UInt32(world.clock(of: 0).minute)
            for partition in 0..<1024
            where world.nodes[0].disk.shelf.digest(of: partition, in: minute..<minute + 1).isEmpty {
                let span = BucketSpan(partition: UInt16(partition), start: minute, isHour: false)
                world.nodes[0].givenAway.insert(span)
            }
            world.queue.add(.removeGiven(0, boot: 1), at: .seconds(25))
            world.run(until: .seconds(30))
            #expect(world.violations.contains { $0.contains("disks, with 0 lost") } == isHasty)
        }
    }

    @Test func `asking for what has expired is noticed`() {
        var world = World(nodes: 3, seed: 1)
        world.openDoors(until: .seconds(10))
        world.run(until: .seconds(10))
        let old = ChunkName(
            id: ChunkID(frame: FrameID(run: world.runs[0].id, sequence: 1), key: .service("x")),
            created: ClusterTime(nanoseconds: World.epoch - 3_600_000_000_000)
        )
        world.checkAsked(.chunks([old]), by: 0)
        world.expectNoticed("asks for what has expired")
    }

    @Test func `a total that counts twice is noticed, and one that lacks a slot`() {
        var double = Sabotage()
        double.totals = { totals, _ in
            for window in totals.table.windows.prefix(1) {
                guard var entry = totals.table.entries(of: window).first else { continue }
                entry = AggregateEntry(
                    series: entry.series,
                    slotCount: entry.slotCount + 1,
                    digest: entry.digest,
                    value: entry.value
                )
                totals.table.tell(entry, in: window)
            }
        }
        Self.play([], breaking: double).expectNoticed("than was made")
        var deaf = Sabotage()
        deaf.totals = { _, effects in effects = [] }
        Self.play([], breaking: deaf).expectNoticed("shows other totals")
        let unread = Self.play([]) { world in
            let name = world.book.add(
                world.runs[0].id,
                key: .service("service-0"),
                created: world.clock(of: 0),
                slots: []
            )
            var open = OpenWindow(Window(index: world.oracle.windows[2].index), run: name.run)
            open.count(name, edge: 0)
            world.oracle.add(ChunkID(frame: name, key: open.slots[0].key), open.slots[0].slots)
        }
        unread.expectNoticed("are not what was made")
    }

    @Test func `machines that do not fit together are noticed, and questions without end`() {
        var world = World(nodes: 3, seed: 1)
        world.run(until: .seconds(10))
        #expect(world.violations.isEmpty, "\(world.violations)")
        world.nodes[0].repair?.offenders[.named("x")] = Repair.Offence(until: .seconds(9999))
        for number in UInt64(0)..<200 {
            world.nodes[1].asking[.max - number] = Asking(machine: .totals, peer: 2)
        }
        world.run(until: .seconds(12))
        world.expectNoticed("left alone and not there")
        world.expectNoticed("waits for")
    }
}
