package import Telemetry

/// Ways to damage bytes; the same seed does the same damage.
package enum Damage {
    /// The bytes after one to three changes.
    package static func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var result = bytes
        for _ in 0...random.below(3) {
            guard !result.isEmpty else { return result }
            let place = random.below(result.count)
            switch random.below(6) {
            case 0: result[place] ^= 1 << UInt8(random.below(8))
            case 1: result[place] = UInt8(truncatingIfNeeded: random.next())
            case 2: result.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
            case 3: result.removeSubrange(place..<min(result.count, place + 1 + random.below(9)))
            case 4: result.removeSubrange(place...)
            default:
                let end = min(result.count, place + 1 + random.below(20))
                result.insert(contentsOf: result[place..<end], at: random.below(result.count))
            }
        }
        return result
    }

    /// Bytes that mean nothing.
    package static func noise(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}
