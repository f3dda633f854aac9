import Compression
import NIOCore
import Telemetry
import Testing
import Workload

@testable import OTLPTransport

@Suite struct GzipTests {
    private static let allocator = ByteBufferAllocator()

    private func decompress(_ bytes: [UInt8], limit: Int = 1 << 20) throws(Gzip.Failure) -> [UInt8] {
        Array(buffer: try Gzip.decompress(ByteBuffer(bytes: bytes), limit: limit, allocator: Self.allocator))
    }

    @Test(arguments: [0, 1, 100, 70_000, 300_000])
    func `what was compressed comes out again`(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() & 7) }
        let packed = try #require(Gzip.compress(bytes))
        #expect(try self.decompress(packed) == bytes)
    }

    @Test func `several members come out one after the other`() throws {
        let parts = ["one ", "", "two ", "three"].map { Array($0.utf8) }
        let packed = try parts.flatMap { try #require(Gzip.compress($0)) }
        #expect(try self.decompress(packed) == Array("one two three".utf8))
    }

    @Test func `exactly the limit passes and one byte more does not`() throws {
        let bytes = [UInt8](repeating: 7, count: 5000)
        let packed = try #require(Gzip.compress(bytes))
        #expect(try self.decompress(packed, limit: 5000) == bytes)
        #expect(throws: Gzip.Failure.tooLarge) { try self.decompress(packed, limit: 4999) }
    }

    @Test func `a bomb stops at the limit`() throws {
        let packed = try #require(Gzip.compress([UInt8](repeating: 0, count: 64 << 20)))
        #expect(packed.count < 100_000)
        #expect(throws: Gzip.Failure.tooLarge) { try self.decompress(packed, limit: 1 << 20) }
        // A bomb of many members is no way around.
        let member = try #require(Gzip.compress([UInt8](repeating: 0, count: 100_000)))
        let row = (0..<20).flatMap { _ in member }
        #expect(throws: Gzip.Failure.tooLarge) { try self.decompress(row, limit: 1 << 20) }
    }

    @Test func `a stream cut anywhere is damaged`() throws {
        let packed = try #require(Gzip.compress(Array("some bytes that are long enough".utf8)))
        for end in 0..<packed.count {
            #expect(throws: Gzip.Failure.damaged, "cut at \(end)") {
                try self.decompress(Array(packed[..<end]))
            }
        }
    }

    @Test func `what follows a stream must be another one`() throws {
        let packed = try #require(Gzip.compress([1, 2, 3]))
        #expect(throws: Gzip.Failure.damaged) { try self.decompress(packed + [1, 2, 3]) }
        #expect(throws: Gzip.Failure.damaged) { try self.decompress([1, 2, 3]) }
    }

    @Test func `a flipped bit is never taken for something else`() throws {
        let bytes = Array("a body of a request, with some text in it".utf8)
        let packed = try #require(Gzip.compress(bytes))
        for position in packed.indices {
            for bit in 0..<8 {
                var damaged = packed
                damaged[position] ^= 1 << bit
                let result = try? self.decompress(damaged)
                // Time, flags and operating system in the header are not covered by a checksum.
                #expect(result == nil || result == bytes, "bit \(bit) of byte \(position)")
            }
        }
    }
}
