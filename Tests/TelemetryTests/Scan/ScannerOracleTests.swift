import Telemetry
import TestSupport
import Testing

/// The scanner accepts exactly what SwiftProtobuf accepts, and reads the same from it.
@Suite struct ScannerOracleTests {
    private let scanner = Scanner(filter: AttributeFilter(contentKeys: AttributeFilter.contentKeys))

    @Test(arguments: [WireShape.traces, .logs, .metrics])
    func `random and damaged requests are judged as SwiftProtobuf judges them`(_ shape: WireShape) {
        let first = Sweep.seed(1)
        var result = ScanResult()
        var accepted = 0
        let rounds = Sweep.rounds(10_000)
        for round in 0..<rounds {
            let seed = first &+ UInt64(round)
            let bytes = Self.request(shape, seed: seed)
            let expected = Oracle.items(bytes, shape)
            if expected != nil { accepted += 1 }
            guard !self.agrees(bytes, shape, expected, &result) else { continue }
            let command = Sweep.replay("ScannerOracleTests", seed: seed)
            Issue.record("seed \(seed), \(shape), \(self.difference(bytes, shape, expected)); \(command)")
            return
        }
        // Both outcomes must be common, or the test says little.
        if rounds >= 1000 { #expect(accepted > rounds / 10 && accepted < rounds * 9 / 10) }
    }

    @Test(arguments: [WireShape.traces, .logs, .metrics])
    func `requests without oddities are all accepted`(_ shape: WireShape) {
        var result = ScanResult()
        for seed in UInt64(1)...300 {
            var maker = RandomRequest(seed: seed, oddity: 0)
            let bytes = maker.request(shape)
            let expected = Oracle.items(bytes, shape)
            #expect(expected != nil && self.agrees(bytes, shape, expected, &result), "seed \(seed)")
        }
    }

    @Test(arguments: [WireShape.traces, .logs, .metrics])
    func `nesting is cut off at the same level`(_ shape: WireShape) {
        var result = ScanResult()
        var accepted = 0
        for seed in UInt64(1)...1500 {
            var maker = RandomRequest(seed: seed, oddity: 0)
            let bytes = maker.deep(shape)
            let expected = Oracle.items(bytes, shape)
            if expected != nil { accepted += 1 }
            #expect(
                self.agrees(bytes, shape, expected, &result),
                "seed \(seed): \(self.difference(bytes, shape, expected))"
            )
        }
        #expect(accepted > 100 && accepted < 1400)
    }

    @Test func `every prefix of a request is judged alike`() {
        for shape in [WireShape.traces, .logs, .metrics] {
            var result = ScanResult()
            var maker = RandomRequest(seed: 11, oddity: 0)
            let whole = maker.request(shape)
            for count in 0...min(whole.count, 3000) {
                let bytes = Array(whole.prefix(count))
                #expect(
                    self.agrees(bytes, shape, Oracle.items(bytes, shape), &result),
                    "\(shape) cut at \(count)"
                )
            }
        }
    }

    /// Three of four requests are damaged.
    private static func request(_ shape: WireShape, seed: UInt64) -> [UInt8] {
        // Neighbouring seeds share a request, as making one costs more than damaging it.
        var maker = RandomRequest(seed: seed / 8)
        let bytes = maker.request(shape)
        guard seed % 4 != 0 else { return bytes }
        var mutator = RequestMutator(seed: seed)
        return mutator.mutate(bytes, donor: maker.request(shape))
    }

    private func agrees(
        _ bytes: [UInt8],
        _ shape: WireShape,
        _ expected: [Oracle.Item]?,
        _ result: inout ScanResult
    ) -> Bool {
        do throws(WireFailure) { try self.scanner.scan(bytes, shape, into: &result) } catch {
            return expected == nil
        }
        return expected.map { $0 == result.items(in: bytes) } ?? false
    }

    private func difference(_ bytes: [UInt8], _ shape: WireShape, _ expected: [Oracle.Item]?) -> String {
        var result = ScanResult()
        do throws(WireFailure) { try self.scanner.scan(bytes, shape, into: &result) } catch {
            return "refused: \(error)"
        }
        guard let expected else { return "accepted, the oracle refuses" }
        let found = result.items(in: bytes)
        guard let index = expected.indices.first(where: { $0 >= found.count || found[$0] != expected[$0] })
        else {
            return "\(found.count) items, expected \(expected.count)"
        }
        return
            "item \(index): \(index < found.count ? "\(found[index])" : "missing"), expected \(expected[index])"
    }
}
