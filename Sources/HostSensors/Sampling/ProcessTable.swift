/// Knows all processes and says which to read now: the top ones and new ones each time, the others in turn.
///
/// Pure: the sampler reads files, the table decides. One round is `begin`, then `observe` for what was asked
/// and still exists, then `select`, then `describe` for what that asks.
struct ProcessTable: Sendable {
    /// Every process that is not at the top is read once in this many rounds.
    static let turns: Int32 = 10
    /// Rounds after which cgroup and status of a top process are read again.
    static let describeAfter = 10
    /// Processes beyond this many are not followed, so that a fork bomb cannot fill our memory.
    static let processesMax = 20_000

    private let count: Int
    private let ticksPerSecond: UInt64
    private let pageBytes: UInt64
    private var entries: [Int32: ProcessEntry] = [:]
    private var byCPU: [Int32] = []
    private var byMemory: [Int32] = []
    private var byIO: [Int32] = []
    private var round = 0

    init(count: Int, ticksPerSecond: UInt64, pageBytes: UInt64) {
        self.count = count
        self.ticksPerSecond = ticksPerSecond
        self.pageBytes = pageBytes
    }

    /// The ids in any of the lists, ascending.
    private var top: [Int32] { Set(self.byCPU + self.byMemory + self.byIO).sorted() }

    /// Starts a round: forgets the processes that are gone and names those to read.
    mutating func begin(_ ids: [Int32]) -> [Int32] {
        self.round &+= 1
        let top = Set(self.top)
        let turn = Int32(self.round % Int(Self.turns))
        var wanted: [Int32] = []
        var known = 0
        for id in ids.prefix(Self.processesMax) {
            let isKnown = self.entries[id] != nil
            self.entries[id]?.seenIn = self.round
            if isKnown { known += 1 }
            if isKnown, id % Self.turns != turn, !top.contains(id) { continue }
            wanted.append(id)
        }
        // Most rounds nobody is gone, and copying the table is spared.
        if known < self.entries.count {
            self.entries = self.entries.filter { $0.value.seenIn == self.round }
        }
        return wanted
    }

    /// Whether the IO counters of a process are worth asking for.
    func wantsIO(_ id: Int32, isKernelThread: Bool) -> Bool {
        !isKernelThread && self.count > 0 && self.entries[id]?.isIORefused != true
    }

    /// Takes what was read of one process.
    ///
    /// An id whose start differs belongs to another process now, which begins anew.
    mutating func observe(
        _ stat: ProcessStat,
        io: ProcessIO?,
        isIORefused: Bool = false,
        at instant: Duration
    ) {
        let id = stat.processID
        if var entry = self.entries[id], entry.stat.startTicks == stat.startTicks {
            entry.update(stat: stat, io: io, at: instant, ticksPerSecond: self.ticksPerSecond)
            entry.isIORefused = entry.isIORefused || isIORefused
            self.entries[id] = entry
        } else {
            var entry = ProcessEntry(stat: stat, io: io, at: instant, sample: self.round)
            entry.isIORefused = isIORefused
            self.entries[id] = entry
        }
    }

    /// Forgets a process that was gone when it was to be read.
    mutating func forget(_ id: Int32) {
        self.entries[id] = nil
    }

    /// Makes the lists of this round and names the processes whose cgroup and status are to be read.
    mutating func select() -> [Int32] {
        let known = self.entries.values
        self.byCPU = TopSelection.choose(
            self.count,
            from: known.map { ($0.stat.processID, $0.cpuRank) },
            previous: Set(self.byCPU)
        )
        self.byMemory = TopSelection.choose(
            self.count,
            from: known.map { ($0.stat.processID, Double($0.stat.residentPages)) },
            previous: Set(self.byMemory)
        )
        self.byIO = TopSelection.choose(
            self.count,
            from: known.map { ($0.stat.processID, $0.ioRank) },
            previous: Set(self.byIO)
        )
        return self.top.filter { id in
            guard let entry = self.entries[id] else { return false }
            guard let described = entry.describedIn else { return true }
            return self.round &- described >= Self.describeAfter
        }
    }

    /// Takes the cgroup and status of a process.
    mutating func describe(_ id: Int32, cgroup: String?, status: ProcessStatus?) {
        self.entries[id]?.cgroup = cgroup
        self.entries[id]?.status = status
        self.entries[id]?.describedIn = self.round
    }

    /// The top processes, by id.
    var readings: [ProcessReading] {
        let byCPU = Set(self.byCPU)
        let byMemory = Set(self.byMemory)
        let byIO = Set(self.byIO)
        return self.top.compactMap { id in
            var ranks: ProcessReading.Ranks = []
            if byCPU.contains(id) { ranks.insert(.cpu) }
            if byMemory.contains(id) { ranks.insert(.memory) }
            if byIO.contains(id) { ranks.insert(.io) }
            return self.entries[id]?.reading(
                ranks: ranks,
                ticksPerSecond: self.ticksPerSecond,
                pageBytes: self.pageBytes
            )
        }
    }

    /// How many processes are in which state.
    var counts: ProcessCounts {
        var counts = ProcessCounts()
        for entry in self.entries.values { counts.add(state: entry.stat.state, threads: entry.stat.threads) }
        return counts
    }
}
