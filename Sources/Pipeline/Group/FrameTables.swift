internal import Telemetry

/// The names of one frame among those of all frames that are sealed together.
struct NameSubset {
    private let all: [String]
    private var places: [UInt16]
    private(set) var list: [String] = []

    init(of table: NameTable) {
        self.all = table.list
        self.places = Array(repeating: ChunkEntry.noName, count: table.list.count)
    }

    /// The reference of a name in this frame, by that in the table; the name is added when it is new.
    mutating func place(of reference: UInt16) -> UInt16 {
        guard Int(reference) < self.places.count else { return ChunkEntry.noName }
        if self.places[Int(reference)] == ChunkEntry.noName {
            self.places[Int(reference)] = UInt16(truncatingIfNeeded: self.list.count)
            self.list.append(self.all[Int(reference)])
        }
        return self.places[Int(reference)]
    }
}
