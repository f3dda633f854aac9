import NIOCore
import NIOEmbedded
import Testing

@testable import OTLPTransport

@Suite struct DiscardMeterTests {
    private static func connection(limitBytes: Int) throws -> (EmbeddedChannel, DiscardMeter) {
        let meter = DiscardMeter(limitBytes: limitBytes)
        let channel = EmbeddedChannel(handler: meter)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 4317), promise: nil)
        return (channel, meter)
    }

    @Test func `a connection whose bytes nobody takes is closed beyond the limit`() throws {
        let (channel, meter) = try Self.connection(limitBytes: 1000)
        try channel.writeInbound(ByteBuffer(repeating: 0, count: 1000))
        #expect(channel.isActive)
        #expect(meter.discardedBytes == 1000)
        try channel.writeInbound(ByteBuffer(repeating: 0, count: 1))
        #expect(!channel.isActive)
    }

    @Test func `what calls take does not count, and a new call begins anew`() throws {
        let (channel, meter) = try Self.connection(limitBytes: 2000)
        for _ in 0..<100 {
            try channel.writeInbound(ByteBuffer(repeating: 0, count: 900))
            meter.take(890)
        }
        #expect(channel.isActive)
        #expect(meter.discardedBytes == 1000)
        meter.begin()
        try channel.writeInbound(ByteBuffer(repeating: 0, count: 2000))
        #expect(channel.isActive)
        // A frame that was read before the count began anew is taken after it.
        meter.take(3000)
        #expect(meter.discardedBytes == 0)
    }
}
