extension Repair {
    /// What does not fit together, for those who check; nil where everything does.
    package var inconsistency: String? {
        if case .idle = self.phase {
            guard self.open.isEmpty, self.items.isEmpty, self.comparison == nil, self.giving == nil else {
                return "something is under way between two rounds"
            }
        }
        // One to each other node while surveying, and one to the own store for each of their floors.
        if self.open.count > 2 * self.peers.count + 2 { return "\(self.open.count) questions" }
        if self.fetching.count > RepairQuestion.chunksMax { return "\(self.fetching.count) chunks at once" }
        if let node = self.offenders.keys.first(where: { !self.peers.contains($0) && $0 != self.local }) {
            return "\(node) is left alone and not there"
        }
        return nil
    }
}
