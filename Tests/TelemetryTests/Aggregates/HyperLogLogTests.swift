import TestSupport
import Testing

@testable import Telemetry

@Suite struct HyperLogLogTests {
    @Test func `the join obeys its laws and counts nothing twice`() {
        let breach = mergeLawBreach(
            seeds: 1...10_000,
            identity: HyperLogLog(),
            isIdempotent: true,
            make: { Self.sketch(&$0) },
            merge: { $0.merge($1) }
        )
        #expect(breach == nil)
    }

    @Test func `any way to the same things gives the same registers and bytes`() {
        for seed in UInt64(1)...200 {
            var random = SplitMix64(seed: seed)
            let hashes = Self.hashes(random.below(6_000), from: seed)
            let expected = Self.sketch(of: hashes)
            let halves = hashes.count / 2
            var joined = Self.sketch(of: hashes.shuffled(using: &random).suffix(hashes.count - halves / 2))
            joined.merge(Self.sketch(of: hashes))
            #expect(joined == expected, "seed \(seed)")
            #expect(Self.bytes(joined) == Self.bytes(expected), "seed \(seed)")
            #expect(Self.bytes(expected).count <= 3_073)
        }
    }

    @Test(arguments: [1, 10, 100, 1_000, 5_000, 20_000, 100_000, 1_000_000])
    func `the estimate is near the truth`(count: Int) {
        var squares = 0.0
        let trials = count > 100_000 ? 3 : 10
        for trial in 0..<trials {
            let estimate = Self.sketch(of: Self.hashes(count, from: UInt64(trial + 1) << 40)).estimate
            let error = estimate / Double(count) - 1
            // Four standard errors, and one thing more or less.
            #expect(abs(error) < 4 * 0.0163 + 0.6 / Double(count), "\(count), trial \(trial): \(estimate)")
            squares += error * error
        }
        #expect((squares / Double(trials)).squareRoot() < 0.03)
    }

    @Test func `nothing is nothing and few are exact once rounded`() {
        #expect(HyperLogLog().estimate == 0)
        #expect(HyperLogLog().isEmpty)
        var sketch = HyperLogLog()
        for (number, hash) in Self.hashes(40, from: 9).enumerated() {
            sketch.insert(hash: hash)
            sketch.insert(hash: hash)
            #expect(sketch.estimate.rounded() == Double(number + 1))
        }
        #expect(!sketch.isEmpty)
    }

    @Test func `the extreme hashes have their registers and ranks`() {
        var sketch = HyperLogLog()
        sketch.insert(hash: 0)
        sketch.insert(hash: .max)
        sketch.insert(hash: 1 << 52)
        sketch.insert(hash: 2 << 52 | 1)
        #expect(sketch.listed == [53, 1 << 8 | 53, 2 << 8 | 52, 4_095 << 8 | 1])
        // Written down: other versions read it.
        #expect(Self.bytes(sketch) == [0, 4, 53, 53, 52, 0x81, 0xfe, 0x0f])
    }

    @Test func `every register at its highest rank is a number still`() {
        var sketch = HyperLogLog(listed: (UInt32(0)..<4_096).map { $0 << 8 | 53 })
        #expect(sketch.estimate == 0x1p64)
        sketch.merge(HyperLogLog())
        #expect(sketch.listed.count == 4_096)
    }

    @Test func `the codec gives every sketch back and refuses every cut`() throws {
        for seed in UInt64(1)...200 {
            var random = SplitMix64(seed: seed)
            let sketch = Self.sketch(&random)
            let bytes = Self.bytes(sketch)
            var reader = WireReader(bytes.raw)
            #expect(try HyperLogLog(from: &reader) == sketch, "seed \(seed)")
            #expect(reader.isAtEnd == true)
            for count in 0..<bytes.count where count < 64 || count % 37 == 0 {
                var short = WireReader(bytes.raw, 0..<count)
                #expect(throws: WireFailure.self) { try HyperLogLog(from: &short) }
            }
        }
    }

    @Test func `registers and ranks that do not exist are refused`() {
        let refused: [[UInt8]] = [
            // Another form.
            [2, 0],
            // Rank 0, rank 54.
            [0, 1, 0], [0, 1, 54],
            // Register 4,096, and one far beyond.
            [0, 1, 0x81, 0x80, 0x10], [0, 1] + [UInt8](repeating: 0xff, count: 9) + [1],
            // The second of two behind the last.
            [0, 2, 0xc1, 0xff, 0x0f, 1],
            // More than there are bytes; more than there are registers.
            [0, 3, 1, 1], [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1],
            [0, 0x81, 0x20] + [UInt8](repeating: 1, count: 4_097),
            // All registers, of which one has rank 54 or 63.
            [1, 54] + [UInt8](repeating: 0, count: 3_071), [1] + [UInt8](repeating: 0xff, count: 3_072),
        ]
        for bytes in refused {
            var reader = WireReader(bytes.raw)
            #expect(throws: WireFailure.self, "\(bytes.prefix(8))") { try HyperLogLog(from: &reader) }
        }
    }

    @Test func `damaged bytes give a sketch or a failure`() {
        for seed in UInt64(1)...2_000 {
            var random = SplitMix64(seed: seed)
            var bytes = Self.bytes(Self.sketch(&random))
            for _ in 0...random.below(4) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            var reader = WireReader(bytes.raw)
            guard let sketch = try? HyperLogLog(from: &reader) else { continue }
            var again = WireReader(Self.bytes(sketch).raw)
            #expect((try? HyperLogLog(from: &again)) == sketch, "seed \(seed)")
        }
    }

    /// From none to some thousand things, of which several sketches share some.
    static func sketch(_ random: inout SplitMix64) -> HyperLogLog {
        let sizes = [0, 1, 5, 9, 200, 760, 900, 4_000]
        let count = random.below(sizes[random.below(random.one(in: 8) ? 8 : 6)] + 1)
        return self.sketch(of: self.hashes(count, from: UInt64(random.below(3_000))))
    }

    static func sketch(of hashes: some Sequence<UInt64>) -> HyperLogLog {
        var sketch = HyperLogLog()
        for hash in hashes { sketch.insert(hash: hash) }
        return sketch
    }

    static func hashes(_ count: Int, from first: UInt64) -> [UInt64] {
        (0..<UInt64(count)).map { ContentHash.hash64(0, first + $0) }
    }

    static func bytes(_ sketch: HyperLogLog) -> [UInt8] {
        var writer = ByteWriter()
        sketch.encode(into: &writer)
        return writer.bytes
    }
}
