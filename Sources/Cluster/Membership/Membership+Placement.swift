extension Membership {
    /// An operator changes what all place by; what is no newer changes nothing.
    package mutating func place(by parameters: PlacementParameters) -> [Effect] {
        var effects: [Effect] = []
        self.adopt(parameters, &effects)
        return effects
    }

    /// Takes newer parameters over and tells everybody; tells newer ones to whoever has older ones.
    mutating func compare(
        _ parameters: PlacementParameters,
        from sender: NodeID,
        _ effects: inout [Effect]
    ) {
        self.adopt(parameters, &effects)
        if self.placement.supersedes(parameters) {
            effects.append(.send(.placement(self.placement), to: sender))
        }
    }

    private mutating func adopt(_ parameters: PlacementParameters, _ effects: inout [Effect]) {
        guard parameters.supersedes(self.placement) else { return }
        self.placement = parameters
        effects.append(.placement(parameters))
        for member in self.members where member.record.status.isPresent {
            effects.append(.send(.placement(parameters), to: member.record.node))
        }
    }
}
