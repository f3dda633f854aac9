import Telemetry
import Testing

@testable import Cluster

/// Hello, welcome and rejection: what is sent is read, and what is not is refused.
@Suite struct GreetingTests {
    @Test func `greetings come back as they were`() throws {
        for seed in UInt64(0)..<300 {
            var random = SplitMix64(seed: seed)
            let hello = ProtocolSamples.hello(&random)
            #expect(try Hello(hello.encoded.raw) == hello, "seed \(seed)")
            let welcome = ProtocolSamples.welcome(&random)
            #expect(try Welcome(welcome.encoded.raw) == welcome, "seed \(seed)")
            let view = ProtocolSamples.view(&random)
            #expect(try ClusterView(decoding: view.encoded.raw) == view, "seed \(seed)")
        }
        for reason in Rejection.Reason.allCases {
            let rejection = Rejection(reason, "expected this, not that")
            #expect(try Rejection(rejection.encoded.raw) == rejection)
        }
    }

    @Test func `the bytes of a hello are these`() {
        let hello = Hello(.control, ProtocolSamples.greeting(), record: .named("n1"))
        var expected: [UInt8] = Array("NSPR".utf8) + [1, 0, 1, 0, 1]
        expected +=
            [16] + Array("0011223344556677".utf8) + [9] + Array("collector".utf8) + [2] + Array("n1".utf8)
        expected += [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 1, 0, 0, 0, 0, 0, 0, 0]
        expected += [3] + [UInt8(truncatingIfNeeded: FrameHeader.versions.upperBound), 0] + [1, 2, 2]
        expected += [7, 0xca, 0x9a, 0x3b, 0, 0, 0, 0]
        // The record: there is one; name, epoch, run, incarnation, status, address, api, zone.
        let run = MemberRecord.named("n1").run
        expected += [1, 2] + Array("n1".utf8) + [1]
        expected += (0..<8).map { UInt8(truncatingIfNeeded: run >> (8 * UInt64($0))) }
        expected += [0, 0, 7] + Array("n1:7940".utf8) + [7] + Array("n1:8900".utf8) + [0]
        #expect(hello.encoded == expected)
    }

    @Test func `the bytes of a header are these`() {
        var writer = ByteWriter()
        PeerHeader(.copy, bodyBytes: 0x0102_0304, request: 0x1122_3344_5566_7788, flags: 1).encode(
            into: &writer
        )
        #expect(writer.bytes == [4, 3, 2, 1, 33, 1, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11])
        #expect(writer.bytes.count == PeerProtocol.headerBytes)
        let header = PeerHeader.decoded(writer.bytes.raw)
        #expect(header == PeerHeader(.copy, bodyBytes: 0x0102_0304, request: 0x1122_3344_5566_7788, flags: 1))
        for count in 0..<16 { #expect(PeerHeader.decoded(Array(writer.bytes.prefix(count)).raw) == nil) }
    }

    @Test func `every cut is refused`() {
        for seed in UInt64(0)..<12 {
            var random = SplitMix64(seed: seed)
            let hello = ProtocolSamples.hello(&random).encoded
            let welcome = ProtocolSamples.welcome(&random).encoded
            let view = ProtocolSamples.view(&random).encoded
            for count in 0..<hello.count {
                let cut = Array(hello.prefix(count))
                #expect(throws: GreetingFailure.self, "seed \(seed), \(count)") { try Hello(cut.raw) }
            }
            for count in 0..<welcome.count {
                let cut = Array(welcome.prefix(count))
                #expect(throws: WireFailure.self, "seed \(seed), \(count)") { try Welcome(cut.raw) }
            }
            for count in 0..<view.count {
                let cut = Array(view.prefix(count))
                #expect(throws: WireFailure.self) { try ClusterView(decoding: cut.raw) }
            }
        }
        let rejection = Rejection(.busy, "words").encoded
        for count in 0..<rejection.count {
            let cut = Array(rejection.prefix(count))
            #expect(throws: WireFailure.self) { try Rejection(cut.raw) }
        }
    }

    /// The bytes with one of them changed, in several ways.
    private static func damages(of bytes: [UInt8]) -> [[UInt8]] {
        bytes.indices.flatMap { place in
            [UInt8(0), 1, 0x7f, 0x80, 0xff].map { value in
                var damaged = bytes
                damaged[place] = value
                return damaged
            }
        }
    }

    @Test func `damage at every byte is refused or read as something that can be sent`() throws {
        for seed in UInt64(0)..<6 {
            var random = SplitMix64(seed: seed)
            let hello = ProtocolSamples.hello(&random).encoded
            let welcome = ProtocolSamples.welcome(&random).encoded
            for damaged in Self.damages(of: hello) {
                guard let read = try? Hello(damaged.raw) else { continue }
                #expect(try Hello(read.encoded.raw) == read)
            }
            for damaged in Self.damages(of: welcome) {
                guard let read = try? Welcome(damaged.raw) else { continue }
                #expect(try Welcome(read.encoded.raw) == read)
            }
        }
    }

    @Test func `a hello of other versions is told apart from garbage, whatever follows in it`() {
        var bytes = Hello(.data, ProtocolSamples.greeting(.agent, "a")).encoded
        bytes.replaceSubrange(4..<8, with: [2, 0, 9, 0])
        #expect(throws: GreetingFailure.version(2...9)) { try Hello(Array(bytes.prefix(8)).raw) }
        bytes.replaceSubrange(4..<8, with: [0, 0, 0, 0])
        #expect(throws: GreetingFailure.version(0...0)) { try Hello(bytes.raw) }
        bytes.replaceSubrange(4..<8, with: [9, 0, 2, 0])
        #expect(throws: GreetingFailure.malformed(.invalidTag(atByte: 4))) { try Hello(bytes.raw) }
        bytes[0] = 0
        #expect(throws: GreetingFailure.malformed(.invalidTag(atByte: 0))) { try Hello(bytes.raw) }
    }

    @Test func `names that are none, unknown roles and purposes, and long texts are refused`() {
        let good = Hello(.data, ProtocolSamples.greeting(.agent, "agent-1", cluster: "c")).encoded
        // 8 purpose; 9 and 10 the cluster; 11 the role; 17 the name.
        for (place, value) in [(8, UInt8(0)), (8, 9), (12, 0x41), (18, 0x41), (18, 0x20)] {
            var bad = good
            bad[place] = value
            #expect(throws: GreetingFailure.self, "\(place)") { try Hello(bad.raw) }
        }
        let long = ProtocolSamples.greeting(cluster: String(repeating: "c", count: 256))
        #expect(throws: GreetingFailure.self) { try Hello(Hello(.data, long).encoded.raw) }
        var record = MemberRecord.named("n")
        record.address = String(repeating: "a", count: 255)
        let hello = Hello(.control, ProtocolSamples.greeting(), record: record)
        #expect((try? Hello(hello.encoded.raw)) == hello)
        record.address += "a"
        let tooLong = Hello(.control, ProtocolSamples.greeting(), record: record)
        #expect(throws: GreetingFailure.self) { try Hello(tooLong.encoded.raw) }
    }

    @Test func `the longest greetings keep their bounds`() {
        let text = String(repeating: "x", count: 255)
        let node = NodeID.named(String(repeating: "n", count: 63))
        var record = MemberRecord(node: node, epoch: .max, run: .max, incarnation: .max)
        (record.address, record.api, record.zone) = (text, text, text)
        var greeting = ProtocolSamples.greeting(.collector, node.text, cluster: text)
        greeting.epoch = .max
        let hello = Hello(.control, greeting, record: record)
        #expect(hello.encoded.count <= PeerProtocol.helloBytesMax)
        let view = ClusterView(Array(repeating: record, count: ClusterView.recordsMax), .standard)
        let welcome = Welcome(version: 1, greeting, window: .max, view: view, known: record)
        #expect(welcome.encoded.count <= PeerProtocol.welcomeBytesMax)
    }

    @Test func `a reason of a later version is read with its words, and versions that make no sense are not`()
        throws
    {
        var bytes = Rejection(.busy, "too many").encoded
        bytes[0] = 200
        let read = try Rejection(bytes.raw)
        #expect(
            read.reason == .malformed && read.message == "too many" && read.versions == PeerProtocol.versions
        )
        bytes.replaceSubrange(1..<5, with: [4, 0, 6, 0])
        #expect(try Rejection(bytes.raw).versions == 4...6)
        bytes.replaceSubrange(1..<5, with: [6, 0, 4, 0])
        #expect(throws: WireFailure.self) { try Rejection(bytes.raw) }
    }
}
