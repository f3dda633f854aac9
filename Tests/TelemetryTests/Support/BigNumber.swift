/// A natural number of any size, for computing what doubles only approach.
struct BigNumber: Comparable {
    /// Least significant first, without zeros at the end.
    private var limbs: [UInt32] = []

    init(_ value: UInt64) {
        self.limbs = [UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: value >> 32)]
        self.trim()
    }

    /// How many bits the number needs; zero for zero.
    var bitWidth: Int {
        self.limbs.isEmpty ? 0 : self.limbs.count * 32 - (self.limbs.last ?? 0).leadingZeroBitCount
    }

    var isPowerOfTwo: Bool {
        self.limbs.reduce(0) { $0 + $1.nonzeroBitCount } == 1
    }

    static func * (left: BigNumber, right: BigNumber) -> BigNumber {
        var result = BigNumber(0)
        result.limbs = Array(repeating: 0, count: left.limbs.count + right.limbs.count)
        for (place, factor) in left.limbs.enumerated() {
            var carry: UInt64 = 0
            for (offset, other) in right.limbs.enumerated() {
                let sum = UInt64(factor) * UInt64(other) + UInt64(result.limbs[place + offset]) + carry
                result.limbs[place + offset] = UInt32(truncatingIfNeeded: sum)
                carry = sum >> 32
            }
            result.limbs[place + right.limbs.count] = UInt32(truncatingIfNeeded: carry)
        }
        result.trim()
        return result
    }

    static func < (left: BigNumber, right: BigNumber) -> Bool {
        guard left.limbs.count == right.limbs.count else { return left.limbs.count < right.limbs.count }
        for (one, other) in zip(left.limbs.reversed(), right.limbs.reversed()) where one != other {
            return one < other
        }
        return false
    }

    private mutating func trim() {
        while self.limbs.last == 0 { self.limbs.removeLast() }
    }
}
