/// The services an edge has met, numbered in that order.
struct ServiceTable {
    private(set) var names: [String] = []
    private var indices: [String: UInt32] = [:]

    /// The number of a service; past the limit, that of the overflow name.
    mutating func index(_ name: String, limit: Int) -> UInt32 {
        if let found = self.indices[name] { return found }
        if self.names.count + 1 >= limit, name != OverflowName.text {
            return self.index(OverflowName.text, limit: limit)
        }
        let index = UInt32(truncatingIfNeeded: self.names.count)
        self.names.append(name)
        self.indices[name] = index
        return index
    }
}
