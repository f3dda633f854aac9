/// When a reading was made, by two clocks.
package struct HostInstant: Equatable, Sendable {
    /// Since an unknown moment; only differences mean something.
    ///
    /// Never steps.
    package var monotonic: Duration
    /// Since the start of 1970; steps when somebody sets the clock.
    package var unix: Duration

    /// Makes an instant from the two clocks.
    package init(monotonic: Duration, unix: Duration) {
        self.monotonic = monotonic
        self.unix = unix
    }
}

extension Duration {
    /// The duration in seconds, to about 15 digits.
    var inSeconds: Double {
        let parts = self.components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }
}
