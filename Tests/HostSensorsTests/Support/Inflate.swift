/// Unpacks the DEFLATE format (RFC 1951), for the recorded trees, which come as zip archives.
struct Inflate {
    private let input: [UInt8]
    private var position = 0
    private var bits: UInt32 = 0
    private var bitCount: UInt32 = 0
    private var output: [UInt8] = []

    private struct Code {
        /// How many codes there are of each length.
        var counts = [Int](repeating: 0, count: 16)
        /// The symbols in the order of their codes.
        var symbols: [Int]

        init(_ lengths: some Collection<Int>) {
            for length in lengths { self.counts[length] += 1 }
            self.counts[0] = 0
            var places = [Int](repeating: 0, count: 17)
            for length in 1...15 { places[length + 1] = places[length] + self.counts[length] }
            self.symbols = Array(repeating: 0, count: lengths.count)
            for (symbol, length) in lengths.enumerated() where length > 0 {
                self.symbols[places[length]] = symbol
                places[length] += 1
            }
        }
    }

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
        195, 227,
        258,
    ]
    private static let lengthExtras: [UInt32] = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
        4097,
        6145, 8193, 12289, 16385, 24577,
    ]

    /// The unpacked bytes; nil if the input is damaged.
    static func unpack(_ input: [UInt8]) -> [UInt8]? {
        var inflate = Inflate(input: input)
        while true {
            guard let isLast = inflate.take(1), let kind = inflate.take(2) else { return nil }
            let isGood: Bool
            switch kind {
            case 0: isGood = inflate.copyStored()
            case 1:
                let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
                isGood = inflate.expand(Code(lengths), Code(Array(repeating: 5, count: 30)))
            case 2: isGood = inflate.expandWithOwnCodes()
            default: isGood = false
            }
            guard isGood else { return nil }
            if isLast == 1 { return inflate.output }
        }
    }

    private init(input: [UInt8]) {
        self.input = input
    }

    private mutating func take(_ count: UInt32) -> Int? {
        while self.bitCount < count {
            guard self.position < self.input.count else { return nil }
            self.bits |= UInt32(self.input[self.position]) << self.bitCount
            self.position += 1
            self.bitCount += 8
        }
        let value = self.bits & ((1 << count) - 1)
        self.bits >>= count
        self.bitCount -= count
        return Int(value)
    }

    private mutating func symbol(_ code: Code) -> Int? {
        var value = 0
        var first = 0
        var place = 0
        for length in 1...15 {
            guard let bit = self.take(1) else { return nil }
            value |= bit
            let count = code.counts[length]
            if value - count < first { return code.symbols[place + value - first] }
            place += count
            first = (first + count) << 1
            value <<= 1
        }
        return nil
    }

    private mutating func copyStored() -> Bool {
        self.bits = 0
        self.bitCount = 0
        guard self.position + 4 <= self.input.count else { return false }
        let count = Int(self.input[self.position]) | Int(self.input[self.position + 1]) << 8
        self.position += 4
        guard self.position + count <= self.input.count else { return false }
        self.output += self.input[self.position..<(self.position + count)]
        self.position += count
        return true
    }

    private mutating func expandWithOwnCodes() -> Bool {
        guard let literals = self.take(5), let distances = self.take(5), let codes = self.take(4) else {
            return false
        }
        var lengths = [Int](repeating: 0, count: 19)
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        for place in order.prefix(codes + 4) {
            guard let length = self.take(3) else { return false }
            lengths[place] = length
        }
        let lengthCode = Code(lengths)
        var all: [Int] = []
        while all.count < literals + distances + 258 {
            guard let symbol = self.symbol(lengthCode) else { return false }
            switch symbol {
            case 16:
                guard let last = all.last, let count = self.take(2) else { return false }
                all += Array(repeating: last, count: count + 3)
            case 17:
                guard let count = self.take(3) else { return false }
                all += Array(repeating: 0, count: count + 3)
            case 18:
                guard let count = self.take(7) else { return false }
                all += Array(repeating: 0, count: count + 11)
            default: all.append(symbol)
            }
        }
        return self.expand(Code(all[..<(literals + 257)]), Code(all[(literals + 257)...]))
    }

    private mutating func expand(_ literals: Code, _ distances: Code) -> Bool {
        while let symbol = self.symbol(literals) {
            if symbol == 256 { return true }
            if symbol < 256 {
                self.output.append(UInt8(symbol))
                continue
            }
            guard symbol - 257 < Self.lengthBases.count,
                let extra = self.take(Self.lengthExtras[symbol - 257]),
                let far = self.symbol(distances), far < Self.distanceBases.count,
                let farExtra = self.take(far < 4 ? 0 : UInt32(far / 2 - 1))
            else { return false }
            let distance = Self.distanceBases[far] + farExtra
            guard distance <= self.output.count else { return false }
            for _ in 0..<(Self.lengthBases[symbol - 257] + extra) {
                self.output.append(self.output[self.output.count - distance])
            }
        }
        return false
    }
}
