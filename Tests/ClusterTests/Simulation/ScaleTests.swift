import Testing

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
}
