import Telemetry
import TestSupport

/// Damages encoded messages the way networks, disks, bugs and attackers do; the same seed does the same damage.
struct RequestMutator {
    private var random: SplitMix64

    init(seed: UInt64) { self.random = SplitMix64(seed: seed) }

    /// The bytes after one to three changes; `donor` lends pieces for splices.
    mutating func mutate(_ bytes: [UInt8], donor: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...self.random.below(3) { self.change(&result, donor) }
        return result
    }

    private mutating func change(_ bytes: inout [UInt8], _ donor: [UInt8]) {
        guard !bytes.isEmpty else {
            bytes = Array(donor.prefix(self.random.below(8)))
            return
        }
        let place = self.random.below(bytes.count)
        switch self.random.below(10) {
        case 0: bytes[place] ^= 1 << UInt8(self.random.below(8))
        case 1: bytes[place] = UInt8(truncatingIfNeeded: self.random.next())
        case 2: bytes.insert(UInt8(truncatingIfNeeded: self.random.next()), at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + self.random.below(4)))
        case 4: bytes.removeSubrange(place...)
        case 5: bytes.insert(contentsOf: self.piece(of: donor), at: place)
        case 6: bytes.insert(contentsOf: self.piece(of: bytes), at: place)
        case 7:
            let piece = self.piece(of: donor)
            bytes.replaceSubrange(place..<min(bytes.count, place + piece.count), with: piece)
        default: self.tamperWithLength(&bytes)
        }
    }

    private mutating func piece(of bytes: [UInt8]) -> [UInt8] {
        let start = self.random.below(bytes.count)
        return Array(bytes[start..<min(bytes.count, start + 1 + self.random.below(40))])
    }

    /// Changes the length of one field, at whatever level it stands.
    private mutating func tamperWithLength(_ bytes: inout [UInt8]) {
        var places: [Int] = []
        Self.collectLengths(WireReader(bytes.raw), depth: 0, into: &places)
        guard !places.isEmpty else { return }
        let place = places[self.random.below(places.count)]
        var reader = WireReader(bytes.raw, place..<bytes.count)
        guard let length = try? reader.varint() else { return }
        let end = reader.offset
        var writer = ByteWriter()
        switch self.random.below(5) {
        case 0: writer.varint(length &+ 1)
        case 1: writer.varint(length &- 1)
        case 2: writer.varint(self.random.anyMagnitude())
        case 3: writer.varint(UInt64(Int.max))
        default: writer.varint(UInt64(self.random.below(bytes.count)))
        }
        bytes.replaceSubrange(place..<end, with: writer.bytes)
    }

    /// The places of lengths; whatever reads as a message is taken for one.
    private static func collectLengths(_ message: WireReader, depth: Int, into places: inout [Int]) {
        var reader = message
        while depth < 12, !reader.isAtEnd, let field = reader.nextField() {
            guard let payload = field.payload else { continue }
            places.append(field.lengthOffset)
            Self.collectLengths(WireReader(reader.bytes, payload), depth: depth + 1, into: &places)
        }
    }
}
