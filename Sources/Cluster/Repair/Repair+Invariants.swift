extension Repair {
    /// What does not fit together, for those who check; nil where everything does.
    package var inconsistency: String? {
        if case .idle = self.phase {
            guard self.open.isEmpty, self.items.isEmpty, self.comparison == nil, self.giving == nil else {
                return "something is under way between two rounds"
            }
        }
        // Two to each other node while surveying, those that have gone since included, and one to the own store for each floor.
        let questionsMax = 2 * (self.peers.count + self.placement.nodes.count) + 2
        if self.open.count > questionsMax { return "\(self.open.count) questions" }
        if self.fetching.count > RepairQuestion.chunksMax { return "\(self.fetching.count) chunks at once" }
        if let node = self.offenders.keys.first(where: { !self.peers.contains($0) && $0 != self.local }) {
            return "\(node) is left alone and not there"
        }
        return nil
    }
}
