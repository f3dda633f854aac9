import Telemetry

extension SplitMix64 {
    /// A few changed, inserted or removed bytes.
    mutating func mutate(_ bytes: inout [UInt8], with alphabet: [UInt8]) {
        for _ in 0...Int.random(in: 0..<4, using: &self) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &self)
            let byte = alphabet.randomElement(using: &self) ?? UInt8.random(in: 0...255, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[index] = byte
            case 1: bytes[index] = UInt8.random(in: 0...255, using: &self)
            case 2: bytes.insert(byte, at: index)
            case 3: bytes.remove(at: index)
            default:
                let end = min(bytes.count, index + Int.random(in: 1..<40, using: &self))
                bytes.insert(
                    contentsOf: bytes[index..<end],
                    at: Int.random(in: 0...bytes.count, using: &self)
                )
            }
        }
    }
}
