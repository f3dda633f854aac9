extension AggregateGossip {
    /// What does not fit together, for those who check; nil where everything does.
    package var inconsistency: String? {
        let limits = self.table.limits
        let windows = self.table.windows
        if UInt64(windows.count) > limits.windows + limits.windowsAhead + 1 {
            return "\(windows.count) windows"
        }
        if self.waitingCount > self.peerCount { return "\(self.waitingCount) questions" }
        return nil
    }
}
