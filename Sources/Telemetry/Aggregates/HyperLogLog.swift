/// How many different things there were, to about 1.6 %, in a few bytes up to 4 KiB; merging is exact.
///
/// 4,096 registers, each of which keeps the longest row of leading zeros among the hashes that fell to it (Flajolet, Fusy,
/// Gandouet, Meunier: "HyperLogLog", 2007). The join is the larger of each two registers: commutative, associative and
/// idempotent, and the empty one is its identity. So what is counted twice counts once.
package struct HyperLogLog: Equatable, Sendable {
    /// Bits of a hash that choose its register.
    package static let precision = 12
    /// Registers of every sketch.
    package static let registerCount = 1 << Self.precision
    /// The highest rank: the 52 bits that do not choose a register are all zero.
    package static let rankMax = UInt8(64 - Self.precision + 1)
    /// As many registers that are not zero are kept as a list; with one more there is an array of all.
    static let listedMax = 768

    /// What is kept; which case it is follows from the number of registers that are not zero.
    enum Registers: Equatable, Sendable {
        /// Registers that are not zero, ascending: the number shifted left by eight, then the rank.
        case listed([UInt32])
        /// The rank of every register.
        case all([UInt8])
    }

    private(set) var registers = Registers.listed([])

    /// Nothing was counted.
    package init() {}

    /// Takes registers that are not zero, ascending by number, as ``Registers/listed(_:)`` has them.
    init(listed: [UInt32]) {
        guard listed.count > Self.listedMax else {
            self.registers = .listed(listed)
            return
        }
        self.registers = .all(Self.spread(listed))
    }

    /// Bytes of its registers in memory; the same for equal sketches.
    package var memoryBytes: Int {
        switch self.registers {
        case .listed(let list): 4 * list.count
        case .all(let ranks): ranks.count
        }
    }

    /// Whether nothing was counted.
    package var isEmpty: Bool { self.registers == .listed([]) }

    /// Registers that are not zero, ascending: the number shifted left by eight, then the rank.
    var listed: [UInt32] {
        switch self.registers {
        case .listed(let list): list
        case .all(let ranks):
            ranks.enumerated().compactMap { number, rank in
                rank == 0 ? nil : UInt32(truncatingIfNeeded: number) << 8 | UInt32(rank)
            }
        }
    }

    /// Counts a thing by 64 bits of its hash, all of which have to be as good as random: ``ContentHash``, never `Hasher`.
    package mutating func insert(hash: UInt64) {
        let number = Int(truncatingIfNeeded: hash >> UInt64(64 - Self.precision))
        let rest = hash << UInt64(Self.precision)
        let rank = min(UInt8(truncatingIfNeeded: rest.leadingZeroBitCount + 1), Self.rankMax)
        self.raise(number, to: rank)
    }

    /// Adds what another sketch counted.
    package mutating func merge(_ other: HyperLogLog) {
        switch (self.registers, other.registers) {
        case (_, .listed(let list)) where list.count <= 8:
            for entry in list { self.raise(Int(entry >> 8), to: UInt8(truncatingIfNeeded: entry)) }
        case (.listed(let left), .listed(let right)):
            self = HyperLogLog(listed: Self.united(left, right))
        case (.listed(let left), .all(var ranks)):
            Self.raise(&ranks, left)
            self.registers = .all(ranks)
        case (.all(var ranks), .listed(let right)):
            self.registers = .listed([])
            Self.raise(&ranks, right)
            self.registers = .all(ranks)
        case (.all(var ranks), .all(let right)):
            self.registers = .listed([])
            Self.raise(&ranks, toThoseOf: right)
            self.registers = .all(ranks)
        }
    }

    private mutating func raise(_ number: Int, to rank: UInt8) {
        switch self.registers {
        case .all(var ranks):
            guard ranks[number] < rank else { return }
            self.registers = .listed([])
            ranks[number] = rank
            self.registers = .all(ranks)
        case .listed(var list):
            let entry = UInt32(truncatingIfNeeded: number) << 8 | UInt32(rank)
            let place = Self.place(of: number, in: list)
            let isThere = place < list.count && list[place] >> 8 == entry >> 8
            guard !isThere || list[place] < entry else { return }
            self.registers = .listed([])
            if isThere { list[place] = entry } else { list.insert(entry, at: place) }
            self = HyperLogLog(listed: list)
        }
    }

    /// The first place whose register has that number or a higher one.
    private static func place(of number: Int, in list: [UInt32]) -> Int {
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle] >> 8 < UInt32(truncatingIfNeeded: number) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    private static func united(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(left.count + right.count)
        var (one, other) = (0, 0)
        while one < left.count, other < right.count {
            let (first, second) = (left[one], right[other])
            if first >> 8 == second >> 8 {
                result.append(max(first, second))
                one += 1
                other += 1
            } else if first < second {
                result.append(first)
                one += 1
            } else {
                result.append(second)
                other += 1
            }
        }
        result += left[one...]
        result += right[other...]
        return result
    }

    private static func spread(_ listed: [UInt32]) -> [UInt8] {
        var ranks = [UInt8](repeating: 0, count: self.registerCount)
        self.raise(&ranks, listed)
        return ranks
    }

    /// Both have all registers; without a branch, so that many are compared at once.
    private static func raise(_ ranks: inout [UInt8], toThoseOf other: [UInt8]) {
        let source = other.span
        var target = ranks.mutableSpan
        for number in 0..<min(target.count, source.count) {
            unsafe target[unchecked: number] = unsafe max(
                target[unchecked: number],
                source[unchecked: number]
            )
        }
    }

    private static func raise(_ ranks: inout [UInt8], _ listed: [UInt32]) {
        for entry in listed {
            let number = Int(entry >> 8)
            ranks[number] = max(ranks[number], UInt8(truncatingIfNeeded: entry))
        }
    }
}
