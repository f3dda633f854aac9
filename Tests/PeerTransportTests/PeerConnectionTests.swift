import Cluster
import NIOCore
import NIOEmbedded
import Telemetry
import Testing

@testable import PeerTransport

/// Framing, bounds and signs of life of one connection, on virtual time.
@Suite struct PeerConnectionTests {
    @Test func `messages arrive whole however they are cut, and in their order`() throws {
        for seed in UInt64(0)..<40 {
            var random = SplitMix64(seed: seed)
            let bodies = (0..<20).map { number in
                Array(repeating: UInt8(number), count: random.below(random.chance(perMille: 200) ? 5000 : 40))
            }
            var bytes = bodies.enumerated().flatMap { number, body in
                ConnectionBench.message(32, body, request: UInt64(number))
            }
            let bench = try ConnectionBench()
            while !bytes.isEmpty {
                let count = min(bytes.count, 1 + random.below(random.chance(perMille: 500) ? 7 : 3000))
                try bench.take(Array(bytes.prefix(count)))
                bytes.removeFirst(count)
            }
            #expect(bench.received.map(\.body) == bodies, "seed \(seed)")
            #expect(bench.received.map(\.header.request) == Array(0..<20), "seed \(seed)")
        }
    }

    @Test func `a message takes no memory for what it only says of its length`() throws {
        let bench = try ConnectionBench()
        try bench.take(
            Array(ConnectionBench.message(32, []).prefix(0)) + [0, 0, 0, 4, 32]
                + Array(repeating: 0, count: 11)
        )
        #expect(bench.connection.inbound.capacity < 1 << 16 && bench.reason == nil)
    }

    @Test func `a large message in many reads is moved a few times, not with every read`() throws {
        let body = Array(repeating: UInt8(7), count: 4 << 20)
        let bytes = ConnectionBench.message(32, body)
        let bench = try ConnectionBench()
        var capacities: Set<Int> = []
        for start in stride(from: 0, to: bytes.count, by: 64 << 10) {
            try bench.take(Array(bytes[start..<min(start + (64 << 10), bytes.count)]))
            capacities.insert(bench.connection.inbound.capacity)
        }
        #expect(bench.received.count == 1 && bench.received[0].body == body)
        // A new capacity for each power of two from 64 KiB to 8 MiB, and none else.
        #expect(capacities.count <= 9)
    }

    @Test func `a message that is too large ends the connection before its body is here`() throws {
        for (purpose, kind, count) in [
            (ConnectionPurpose.control, UInt8(16), PeerProtocol.controlBytesMax + 1),
            (.data, 32, PeerProtocol.dataBytesMax + 1), (.data, 48, PeerProtocol.questionBytesMax + 1),
            (.data, 99, PeerProtocol.dataBytesMax + 1), (.data, 5, 1), (.replica, 4, 4097),
        ] {
            let bench = try ConnectionBench(purpose)
            let length = (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
            try bench.take(length + [kind] + Array(repeating: 0, count: 11))
            #expect(bench.reason?.contains("at most") == true && bench.connection.offence == .malformed)
            #expect(try bench.sent().last?.header.kind == PeerMessageKind.goodbye.rawValue)
        }
    }

    @Test func `before the greeting nothing larger than a hello is taken`() throws {
        let bench = try ConnectionBench(nil)
        try bench.take(.hello, Array(repeating: 0, count: PeerProtocol.helloBytesMax))
        #expect(bench.received.count == 1)
        try bench.take(.hello, Array(repeating: 0, count: PeerProtocol.helloBytesMax + 1))
        #expect(bench.received.count == 1 && bench.reason != nil)
    }

    @Test func `who sends more than twice the window is hung up on, and told why`() throws {
        let bench = try ConnectionBench(window: 1000)
        try bench.take(.frame, Array(repeating: 0, count: 5000), request: 1)
        bench.connection.send(.outcome, request: 1, Outcome(.confirmed).encoded)
        for request in UInt64(2)...5 {
            try bench.take(.frame, Array(repeating: 0, count: 500), request: request)
        }
        #expect(bench.received.count == 5 && bench.reason == nil)
        try bench.take(Array(ConnectionBench.message(32, [0], request: 6).prefix(16)))
        #expect(bench.connection.offence == .flow && bench.received.count == 5)
        let goodbye = try #require(try bench.sent().last)
        #expect(goodbye.header.kind == PeerMessageKind.goodbye.rawValue)
        #expect(ShortText.decoded(goodbye.body.raw).contains("1000 bytes"))
    }

    @Test func `a number that is not answered is not used again`() throws {
        let bench = try ConnectionBench(.replica, window: 1000)
        try bench.take(.copy, [1], request: 7)
        try bench.take(.copy, [1], request: 7)
        #expect(bench.connection.offence == .flow && bench.received.count == 1)
    }

    @Test func `nothing is handed on once it is over`() throws {
        let bench = try ConnectionBench()
        let two =
            ConnectionBench.message(48, [1]) + ConnectionBench.message(4, [0])
            + ConnectionBench.message(48, [2])
        try bench.take(two)
        #expect(bench.received.count == 1 && bench.reason == "the other side said: ")
        // The other side has not heard it yet, and goes on.
        let other = try ConnectionBench(handlers: [Linger()])
        other.connection.close("enough")
        try other.take(.read, [1])
        other.connection.send(.pong)
        other.connection.close("again")
        #expect(other.received.isEmpty)
        #expect(try other.sent().map(\.header.kind) == [PeerMessageKind.goodbye.rawValue])
        other.channel.pipeline.fireChannelInactive()
        #expect(other.reason == "enough")
    }

    @Test func `kinds of later versions are handed on`() throws {
        let bench = try ConnectionBench()
        try bench.take(ConnectionBench.message(200, [1, 2, 3], request: 9))
        #expect(bench.received.map(\.header.kind) == [200])
    }

    @Test func `a side with nothing to say shows that it lives, and answers who asks`() throws {
        let bench = try ConnectionBench()
        for _ in 0..<4 {
            bench.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
            #expect(try bench.sent().map(\.header.kind) == [PeerMessageKind.ping.rawValue])
            try bench.take(.pong)
        }
        try bench.take(.ping, request: 42)
        let pong = try bench.sent()
        #expect(pong.map(\.header.kind) == [PeerMessageKind.pong.rawValue] && pong[0].header.request == 42)
        #expect(bench.received.isEmpty)
    }

    @Test func `a side that shows nothing for ten seconds is given up, and not before`() throws {
        let bench = try ConnectionBench()
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(bench.reason == nil)
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(bench.reason?.contains("sign of life") == true && bench.connection.offence == .silent)
    }

    @Test func `no greeting in its time ends the connection`() throws {
        let bench = try ConnectionBench(nil)
        try bench.take(.ping)
        bench.channel.embeddedEventLoop.advanceTime(by: .milliseconds(9999))
        #expect(bench.reason == nil)
        bench.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(bench.reason?.contains("greeting") == true && bench.connection.offence == .silent)
    }

    @Test func `who does not read what he is sent gets so much ahead, and no more`() throws {
        var limits = PeerConnection.Limits()
        limits.pendingBytesMax = 100_000
        let bench = try ConnectionBench(limits: limits, handlers: [Blockage()])
        for number in 0..<99 {
            bench.connection.send(.view, Array(repeating: 0, count: 984))
            bench.channel.embeddedEventLoop.run()
            #expect(bench.reason == nil, "\(number)")
        }
        bench.connection.send(.view, Array(repeating: 0, count: 2000))
        bench.channel.embeddedEventLoop.run()
        #expect(bench.reason?.contains("does not read") == true && bench.connection.offence == .slow)
    }

    @Test func `answers go in parts as fast as they are read, with other messages in between`() throws {
        let blockage = Blockage()
        let bench = try ConnectionBench(handlers: [blockage])
        var done: [Int] = []
        let answers = (1...2).map { number in Array(repeating: UInt8(number), count: (5 << 20) + number) }
        for (number, answer) in answers.enumerated() {
            bench.connection.sendParts(answer, request: UInt64(number)) { done.append(number) }
        }
        bench.connection.send(.pong)
        #expect(bench.connection.pendingBytes < 6 << 20 && done.isEmpty)
        blockage.letGo()
        let messages = try bench.sent()
        #expect(done == [0, 1])
        let pong = messages.firstIndex { $0.header.kind == PeerMessageKind.pong.rawValue }
        #expect(pong.map { $0 < 8 } == true && messages.count == 13)
        for (number, answer) in answers.enumerated() {
            let parts = messages.filter { $0.header.kind == 49 && $0.header.request == UInt64(number) }
            let isWhole = parts.flatMap(\.body) == answer
            #expect(isWhole && parts.map(\.header.flags) == [0, 0, 0, 0, 0, 1])
        }
        bench.connection.sendParts([], request: 9) { done.append(9) }
        let empty = try bench.sent()
        #expect(empty.count == 1 && empty[0].header.flags == 1 && done == [0, 1, 9])
    }

    @Test func `its end is told once, whoever began it`() throws {
        let bench = try ConnectionBench()
        bench.channel.close(promise: nil)
        bench.channel.embeddedEventLoop.run()
        #expect(bench.reason == "the connection ended")
        bench.connection.close("late")
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(bench.reason == "the connection ended" && bench.connection.offence == nil)
    }
}
