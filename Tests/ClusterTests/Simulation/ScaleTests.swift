import Telemetry
import Testing

@testable import Cluster
@testable import Simulation

/// Clusters that have stood for long, measured.
@Suite struct ScaleTests {
    @Test func `a size is measured, and alike each time`() throws {
        let scale = World.scale(nodes: 5, seed: 1)
        let (crash, silence) = (try #require(scale.crash), try #require(scale.silence))
        #expect((1..<5).contains(crash.median) && crash.maximum < 6, "\(crash)")
        #expect((3..<6).contains(silence.median) && silence.maximum < 8, "\(silence)")
        #expect((2..<8).contains(scale.membership.messages) && scale.membership.bytes < 1000)
        #expect(scale.totals.bytes > 1000 && scale.repair.bytes > 1 && scale.repair.messages < 1)
        #expect((1.001..<1.2).contains(scale.balance))
        let convergence = try #require(scale.convergence)
        #expect((2..<6).contains(convergence), "\(convergence)")
        #expect(World.scale(nodes: 5, seed: 1) == scale)
    }

    @Test func `as many totals as were made are not the same totals`() throws {
        var world = World(nodes: 3, seed: 1)
        world.openDoors(until: .seconds(25))
        world.run(until: .seconds(60))
        let window = try #require(world.oracle.windows.first)
        #expect(world.nodes.indices.allSatisfy { world.shows(window, at: $0) })
        #expect(!world.shows(Window(index: window.index - 3), at: 0))
        let made = try #require(world.oracle.entries(of: window).first)
        var value = made.value
        value.merge(made.value)
        let more = AggregateEntry(
            series: made.series,
            slotCount: made.slotCount + 1,
            digest: made.digest,
            value: value
        )
        world.nodes[1].totals?.table.tell(more, in: window)
        #expect(world.shows(window, at: 0) && !world.shows(window, at: 1))
    }

    @Test func `what grew fastest between two sizes is named first, and first of all what never came`() {
        let smaller = Self.scale(nodes: 3, crash: 1, messages: 2, repair: 0.1, bytes: 0, convergence: 2)
        let larger = Self.scale(nodes: 100, crash: 2, messages: 10, repair: 2, bytes: 9, convergence: 5)
        let growth = larger.growth(since: smaller)
        #expect(growth.prefix(2).map(\.column) == [.repairMessages, .membershipMessages])
        #expect(growth.prefix(2).map(\.factor) == [20, 5])
        // Zero grows to no number of times, and who is silent was found in neither.
        #expect(!growth.contains { $0.column == .repairBytes || $0.column == .silence })
        #expect(growth.last == .init(column: .balance, before: 1, after: 1))
        let broken = Self.scale(nodes: 1000, crash: 2, messages: 10, repair: 90, bytes: 9, convergence: nil)
        #expect(broken.growth(since: larger).first == .init(column: .convergence, before: 5, after: nil))
    }

    private static func scale(
        nodes: Int,
        crash: Double,
        messages: Double,
        repair: Double,
        bytes: Double,
        convergence: Double?
    ) -> Scale {
        Scale(
            nodes: nodes,
            crash: .init(median: crash, maximum: crash),
            membership: .init(messages: messages, bytes: 100),
            totals: .init(messages: 1, bytes: 100),
            repair: .init(messages: repair, bytes: bytes),
            balance: 1,
            convergence: convergence
        )
    }
}
