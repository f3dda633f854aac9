import Testing

@testable import Telemetry

@Suite struct ByteWriterTests {
    @Test func `numbers are written little-endian`() {
        var writer = ByteWriter(reserving: 64)
        writer.fixed16(0x0102)
        writer.fixed32(0x0304_0506)
        writer.fixed64(0x0708_090a_0b0c_0d0e)
        writer.double(1)
        #expect(
            writer.bytes == [
                0x02, 0x01, 0x06, 0x05, 0x04, 0x03, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08, 0x07, 0, 0, 0,
                0, 0,
                0, 0xf0, 0x3f,
            ]
        )
    }

    @Test func `varints are as protobuf has them`() {
        let vectors: [(UInt64, [UInt8])] = [
            (0, [0]), (127, [0x7f]), (128, [0x80, 0x01]), (300, [0xac, 0x02]),
            (.max, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        ]
        for (value, bytes) in vectors {
            var writer = ByteWriter()
            writer.varint(value)
            #expect(writer.bytes == bytes)
        }
        for bits in 0..<64 {
            for value in [UInt64(1) << UInt64(bits), UInt64.max >> UInt64(bits)] {
                var writer = ByteWriter()
                writer.varint(value)
                #expect(ByteWriter.varintByteCount(value) == writer.bytes.count)
            }
        }
        #expect(ByteWriter.varintByteCount(0) == 1)
    }

    @Test func `small magnitudes stay short in zigzag`() {
        let vectors: [(Int64, [UInt8])] = [(0, [0]), (-1, [1]), (1, [2]), (-64, [127]), (64, [0x80, 0x01])]
        for (value, bytes) in vectors {
            var writer = ByteWriter()
            writer.zigzag(value)
            #expect(writer.bytes == bytes)
        }
    }

    @Test func `a field has tag, length and payload`() {
        var writer = ByteWriter()
        writer.field(2, [7, 8])
        writer.field(16, [])
        #expect(writer.bytes == [0x12, 2, 7, 8, 0x82, 0x01, 0])
    }
}
