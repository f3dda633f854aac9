import Telemetry
import Testing

@testable import DiskStorage

@Suite struct FrameCacheTests {
    private static func id(_ number: Int) -> FrameID {
        FrameID(run: RunID(high: 1, low: 1), sequence: UInt64(number))
    }

    @Test func `the oldest make room, and what does not fit at all is not kept`() {
        var cache = FrameCache(bytesMax: 10)
        for number in 1...4 { cache.insert(Self.id(number), [UInt8](repeating: UInt8(number), count: 4)) }
        #expect((1...4).map { cache.bytes(of: Self.id($0)) != nil } == [false, false, true, true])
        cache.insert(Self.id(5), [UInt8](repeating: 5, count: 11))
        #expect(cache.bytes(of: Self.id(5)) == nil && cache.byteCount == 8)
        cache.remove(Self.id(3))
        cache.remove(Self.id(3))
        cache.insert(Self.id(6), [6, 6])
        #expect(cache.byteCount == 6 && cache.bytes(of: Self.id(4))?.count == 4)
        cache.insert(Self.id(6), [7, 7, 7])
        #expect(cache.bytes(of: Self.id(6)) == [6, 6] && cache.byteCount == 6)
    }

    @Test func `frames come and go for long, and the newest are those that fit`() {
        var random = SplitMix64(seed: 1)
        var cache = FrameCache(bytesMax: 1_000)
        var model: [(id: FrameID, count: Int)] = []
        for number in 0..<5_000 {
            let count = random.below(90)
            cache.insert(Self.id(number), [UInt8](repeating: 0, count: count))
            model.append((Self.id(number), count))
            while model.reduce(0, { $0 + $1.count }) > 1_000 { model.removeFirst() }
            if random.chance(perMille: 600), !model.isEmpty {
                let gone = model.remove(at: random.below(model.count))
                cache.remove(gone.id)
            }
            #expect(cache.byteCount == model.reduce(0) { $0 + $1.count })
        }
        #expect(model.allSatisfy { cache.bytes(of: $0.id)?.count == $0.count })
    }
}
