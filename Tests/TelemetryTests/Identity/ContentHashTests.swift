import Telemetry
import Testing

/// Vectors computed with the reference implementation of XXH3.
@Suite struct ContentHashTests {
    @Test func `short, long and seeded inputs hash as the specification says`() {
        let counting = (0..<256).map { UInt8($0) }
        let vectors: [([UInt8], UInt64, UInt64)] = [
            ([], 0, 0x2d06_8005_38d3_94c2), (Array("a".utf8), 0, 0xe6c6_32b6_1e96_4e1f),
            (Array("abc".utf8), 1, 0x6b44_67b4_43c7_6228),
            (Array(counting[..<64]), 0, 0x6187_eb90_89b0_ed55),
            (counting + counting + counting + counting, 7, 0xf196_329c_6530_20f8),
        ]
        for (bytes, seed, hash) in vectors { #expect(ContentHash.hash64(bytes.raw, seed: seed) == hash) }
    }

    @Test func `two words hash as their sixteen big-endian bytes`() {
        var writer = ByteWriter()
        writer.fixed64(UInt64(0x0af7_6519_16cd_43dd).bigEndian)
        writer.fixed64(UInt64(0x8448_eb21_1c80_319c).bigEndian)
        let words = ContentHash.hash64(0x0af7_6519_16cd_43dd, 0x8448_eb21_1c80_319c, seed: 5)
        #expect(words == ContentHash.hash64(writer.bytes.raw, seed: 5))
    }

    @Test func `the wide hash gives both words`() {
        let hash = ContentHash.hash128(Array("neoscope".utf8).raw)
        #expect(hash.high == 0x6f02_5733_368a_cc5d)
        #expect(hash.low == 0xe427_c994_f0ac_0e6f)
    }
}
