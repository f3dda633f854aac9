import Cluster
import NIOCore
import NIOEmbedded
import Telemetry
import Testing

@testable import PeerTransport

/// What all connections hold together.
@Suite(.ownThreads, .timeLimit(.minutes(3))) struct PeerMemoryTests {
    private static func memory(bodies: Int) -> PeerMemory {
        PeerMemory(limits: PeerMemory.Limits(bodyBytesMax: bodies), tally: PeerTally())
    }

    /// The begin of a message.
    private static func part(_ count: Int, of whole: Int = 2 << 20) -> [UInt8] {
        let body = [UInt8](repeating: 7, count: whole)
        return Array(ConnectionBench.message(32, body).prefix(count))
    }

    @Test func `where messages that are not whole take too much the greediest ends, and the others go on`()
        throws
    {
        let memory = Self.memory(bodies: 500 << 10)
        let benches = try (0..<3).map { _ in try ConnectionBench(memory: memory) }
        for (bench, size) in zip(benches, [100 << 10, 300 << 10, 90 << 10]) {
            try bench.take(Self.part(size))
        }
        #expect(memory.bodyBytes == 490 << 10 && benches.allSatisfy { $0.reason == nil })
        try benches[2].take(Array(repeating: 7, count: 20 << 10))
        #expect(benches[1].connection.offence == .memory && memory.bodyBytes == 210 << 10)
        benches[1].channel.embeddedEventLoop.run()
        #expect(benches[1].reason?.contains("not whole") == true)
        try benches[2].take(Array(repeating: 7, count: 16 + (2 << 20) - (110 << 10)))
        #expect(benches[2].received.count == 1 && memory.bodyBytes == 100 << 10)
        _ = try benches[0].channel.finish()
        #expect(memory.bodyBytes == 0)
    }

    @Test func `what takes few reads is not counted, nor what is whole`() throws {
        let memory = Self.memory(bodies: 1)
        let bench = try ConnectionBench(memory: memory)
        try bench.take(Self.part(PeerMemory.noted - 1))
        #expect(memory.bodyBytes == 0)
        let whole = try ConnectionBench(memory: memory)
        try whole.take(Self.part(.max, of: 1 << 20))
        #expect(whole.received.count == 1 && memory.bodyBytes == 0 && whole.reason == nil)
    }

    @Test func `where answers take too much a question is refused and counted, and a smaller one answered`()
        async throws
    {
        let authority = try TestAuthority()
        let one = try await TestCollector.start("n1", authority, run: 1001, answerBytesMax: 2 << 20) {
            question in
            Array(repeating: 7, count: Int(question[0]) << 20)
        }
        let two = try await TestCollector.start(
            "n2",
            authority,
            run: 1002,
            seeds: [one.address],
            answerBytesMax: 1 << 20
        ) { question in Array(repeating: 7, count: Int(question[0]) << 20) }
        let nodes = [one.identity.node, two.identity.node]
        try await one.sees(2)
        try await two.sees(2)
        // The links may not stand yet.
        while (try? await two.collector.ask([0], of: nodes[0], within: 10)) == nil { await Task.yield() }
        while (try? await one.collector.ask([0], of: nodes[1], within: 10)) == nil { await Task.yield() }
        for _ in 0..<3 {
            await #expect(throws: QuestionFailure("too much waits to be read here")) {
                try await one.collector.ask([2], of: nodes[1], within: 10)
            }
            await #expect(throws: QuestionFailure("too much is read here at once")) {
                try await two.collector.ask([2], of: nodes[0], within: 10)
            }
        }
        // What was refused is given back.
        #expect(try await one.collector.ask([1], of: nodes[1], within: 10).count == 1 << 20)
        #expect(try await two.collector.ask([1], of: nodes[0], within: 10).count == 1 << 20)
        #expect(two.collector.peers.rejections == [.memory: 6] && one.collector.peers.rejections.isEmpty)
        try await two.stop()
        try await one.stop()
    }
}
