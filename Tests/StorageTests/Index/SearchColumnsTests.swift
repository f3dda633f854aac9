import Telemetry
import TestSupport
import Testing
import Workload

@testable import Storage

@Suite struct SearchColumnsTests {
    private static func columns(seed: UInt64) -> SearchColumns {
        var random = SplitMix64(seed: seed)
        func any() -> UInt64 { random.next() >> UInt64(random.below(64)) }
        return SearchColumns(
            rows: (0..<random.below(40)).map { number in
                SearchColumns.Row(
                    signal: Signal.allCases[random.below(4)],
                    flags: ChunkEntry.Flags(rawValue: UInt16(truncatingIfNeeded: random.next())),
                    firstStart: any(),
                    duration: any(),
                    itemCount: UInt32(truncatingIfNeeded: any()),
                    errorCount: UInt32(truncatingIfNeeded: any()),
                    service: random.chance(perMille: 300)
                        ? .max : UInt32(truncatingIfNeeded: any() % 1_000),
                    rootName: random.chance(perMille: 300)
                        ? .max : UInt32(truncatingIfNeeded: any() % 1_000),
                    trace: UInt32(random.below(number + 1))
                )
            }
        )
    }

    @Test func `rows come back as they were`() throws {
        for seed in UInt64(1)...300 {
            let columns = Self.columns(seed: seed)
            #expect(try SearchColumns(columns.encoded().raw) == columns, "seed \(seed)")
        }
    }

    @Test func `every length too short is refused`() {
        let bytes = Self.columns(seed: 7).encoded()
        for count in 0..<bytes.count {
            let short = Array(bytes.prefix(count))
            #expect(throws: WireFailure.self, "\(count) bytes") { try SearchColumns(short.raw) }
        }
    }

    @Test func `unknown versions, signals and absurd counts are refused`() {
        var bytes = Self.columns(seed: 7).encoded()
        bytes[bytes.count - 1] = 9
        #expect(throws: WireFailure.self) { try SearchColumns(bytes.raw) }
        bytes = Self.columns(seed: 7).encoded()
        bytes[0] = 1
        #expect(throws: WireFailure.self) { try SearchColumns(bytes.raw) }
        var absurd = ByteWriter()
        absurd.fixed16(SearchColumns.version)
        absurd.varint(.max)
        absurd.varint(0)
        absurd.bytes(Array(repeating: UInt8(0), count: 100))
        #expect(throws: WireFailure.self) { try SearchColumns(absurd.bytes.raw) }
    }

    @Test func `damage is refused or read, never trapped on`() {
        for seed in UInt64(1)...3_000 {
            var random = SplitMix64(seed: seed)
            let damaged = Damage.mutated(Self.columns(seed: seed % 20 + 1).encoded(), &random)
            _ = try? SearchColumns(damaged.raw)
            let noise = Damage.noise(random.below(60), &random)
            _ = try? SearchColumns(noise.raw)
        }
    }
}
