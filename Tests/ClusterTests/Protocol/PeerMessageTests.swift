import Telemetry
import Testing

@testable import Cluster

/// The small messages, the parts of large ones, and the window.
@Suite struct PeerMessageTests {
    @Test func `deliveries and outcomes come back as they were, and every cut is refused`() throws {
        for (floor, isForwarded) in [(UInt64(0), false), (1, true), (.max, false), (300, true)] {
            var writer = ByteWriter()
            let delivery = Delivery(floor: floor, isForwarded: isForwarded)
            delivery.encode(into: &writer)
            writer.bytes([9, 9, 9])
            let (read, offset) = try Delivery.decoded(writer.bytes.raw)
            #expect(read == delivery && offset == writer.bytes.count - 3)
            for count in 0..<offset {
                let cut = Array(writer.bytes.prefix(count))
                #expect(throws: WireFailure.self) { _ = try Delivery.decoded(cut.raw) }
            }
        }
        for verdict in Outcome.Verdict.allCases {
            let outcome = Outcome(verdict, "because")
            #expect(try Outcome(outcome.encoded.raw) == outcome)
            for count in 0..<outcome.encoded.count {
                let cut = Array(outcome.encoded.prefix(count))
                #expect(throws: WireFailure.self) { try Outcome(cut.raw) }
            }
        }
    }

    @Test func `a verdict of a later version reads as refused`() throws {
        for number in [UInt8(0), 7, 255] {
            var bytes = Outcome(.confirmed, "x").encoded
            bytes[0] = number
            #expect(try Outcome(bytes.raw) == Outcome(.refused, "x"))
        }
    }

    @Test func `numbers on the wire stay what they are`() {
        #expect(
            PeerMessageKind.allCases.map(\.rawValue) == [
                1, 2, 3, 4, 5, 6, 16, 17, 18, 32, 33, 34, 35, 48, 49, 50, 51,
            ]
        )
        #expect(Outcome.Verdict.allCases.map(\.rawValue) == [1, 2, 3, 4, 5, 6])
        #expect(Rejection.Reason.allCases.map(\.rawValue) == Array(1...17))
        #expect(ConnectionPurpose.allCases.map(\.rawValue) == [1, 2, 3])
    }

    @Test func `words of others are cut, and break no line`() {
        let long = ShortText.decoded(ShortText.encoded(String(repeating: "w", count: 5000)).raw)
        #expect(long.utf8.count == 1024)
        #expect(ShortText.decoded(ShortText.encoded("a\nb\u{1b}[31m\u{202e}c\u{2028}").raw) == "a b [31m c ")
        for bad: [UInt8] in [[], [9, 0x61]] { #expect(ShortText.decoded(bad.raw) == "unreadable") }
        // One letter of many marks is no way around it.
        var writer = ByteWriter()
        writer.text("a" + String(repeating: "\u{301}", count: 100_000))
        #expect(ShortText.decoded(writer.bytes.raw).utf8.count <= 1030)
        // A cut inside a letter leaves text.
        #expect(
            ShortText.decoded(ShortText.encoded("x" + String(repeating: "ä", count: 600)).raw).hasPrefix(
                "xää"
            )
        )
    }

    @Test func `windows come back as they were, and nonsense is none`() {
        for bytes in [0, 1, 4 << 20, Int.max] {
            #expect(PeerWindow.decoded(PeerWindow.encoded(bytes).raw) == bytes)
        }
        for bad: [UInt8] in [[], [0x80]] { #expect(PeerWindow.decoded(bad.raw) == nil) }
        #expect(PeerWindow.decoded(PeerWindow.encoded(-5).raw) == 0)
    }

    @Test func `an exchange of many records goes in parts, of which the last one is answered`() throws {
        var random = SplitMix64(seed: 5)
        for count in [0, 1, 100, 150, 1000] {
            let records = (0..<count).map { _ in ProtocolSamples.record(&random) }
            for isReply in [true, false] {
                let parts = MembershipMessage.sync(records, isReply: isReply).parts
                var read: [MemberRecord] = []
                for (number, part) in parts.enumerated() {
                    #expect(part.count <= PeerProtocol.controlBytesMax)
                    guard case .sync(let some, let isAnswer) = try MembershipMessage(part.raw) else {
                        Issue.record("another kind")
                        continue
                    }
                    #expect(isAnswer == (isReply || number < parts.count - 1))
                    read += some
                }
                #expect(read == records && (count < 100 || parts.count < count / 50))
            }
        }
    }

    @Test func `rumors that do not fit a message follow as gossip`() throws {
        let text = String(repeating: "x", count: 255)
        var record = MemberRecord(node: .named(String(repeating: "n", count: 63)), epoch: .max, run: .max)
        (record.address, record.api, record.zone) = (text, text, text)
        let rumors = Array(repeating: Rumor(record, accuser: record.node), count: 64)
        let messages: [MembershipMessage] = [
            .ping(sequence: 1, rumors: rumors), .gossip(rumors),
            .pingRequest(sequence: 2, target: record.node, rumors: rumors),
            .ack(sequence: 3, responder: record, rumors: rumors),
        ]
        for message in messages {
            let parts = message.parts
            #expect(parts.allSatisfy { $0.count <= PeerProtocol.controlBytesMax } && parts.count > 1)
            #expect(parts[0].first == message.encoded.first)
            var count = 0
            for part in parts {
                switch try MembershipMessage(part.raw) {
                case .ping(_, let some), .gossip(let some), .pingRequest(_, _, let some),
                    .ack(_, _, let some):
                    count += some.count
                default: Issue.record("another kind")
                }
            }
            #expect(count == 64)
        }
        #expect(MembershipMessage.nack(sequence: 1).parts == [MembershipMessage.nack(sequence: 1).encoded])
    }

    @Test func `a window lets twice as much pass as was told, a large frame alone, and no number twice`() {
        var window = ReceiveWindow(bytes: 100)
        #expect(window.allows(1, bytes: 5000))
        window.take(1, bytes: 150)
        #expect(window.allows(2, bytes: 50) && !window.allows(2, bytes: 51) && !window.allows(1, bytes: 0))
        window.take(2, bytes: 50)
        window.settle(7)
        #expect(window.outstanding == 200 && window.count == 2)
        window.settle(1)
        window.settle(1)
        #expect(window.outstanding == 50 && window.allows(1, bytes: 150))
        window.settle(2)
        #expect(window.outstanding == 0 && window.count == 0 && window.allows(3, bytes: 9999))
    }
}
