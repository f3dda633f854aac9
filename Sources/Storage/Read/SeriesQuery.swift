package import Telemetry

/// Which slots are wanted, and how finely.
package struct SeriesQuery: Equatable, Sendable {
    /// Metric names; empty for all.
    package var names: Set<String>
    /// Only series of this service or host; nil for any.
    package var subject: Series.Subject?
    /// Window starts, nanoseconds since the Unix epoch.
    package var from: UInt64
    /// The last window start that fits.
    package var to: UInt64
    /// Windows are merged into steps of this many nanoseconds; nil merges the whole range into one.
    package var step: UInt64?

    /// A query for everything, but for what is given.
    package init(
        names: Set<String> = [],
        subject: Series.Subject? = nil,
        from: UInt64 = 0,
        to: UInt64 = .max,
        step: UInt64? = nil
    ) {
        self.names = names
        self.subject = subject
        self.from = from
        self.to = to
        self.step = step
    }

    /// The key under which all slots stand that fit; nil where they have several.
    package var key: Key? {
        switch self.subject {
        case .service(let name): .service(name)
        case .host(let id): .host(id)
        case nil: nil
        }
    }

    /// Whether a chunk may hold slots that fit.
    package func mayMatch(_ entry: ChunkEntry) -> Bool {
        entry.firstStart <= self.to && entry.lastEnd >= self.from
            && (self.key.map { $0 == entry.key } ?? true)
    }

    /// Whether a slot is wanted.
    package func matches(_ slot: Slot) -> Bool {
        slot.start >= self.from && slot.start <= self.to
            && (self.names.isEmpty || self.names.contains(slot.series.name))
            && (self.subject == nil || self.subject == slot.series.subject)
    }

    /// The start of the step a slot belongs to.
    package func step(of start: UInt64) -> UInt64 {
        guard let step = self.step, step > 0 else { return self.from }
        return start / step * step
    }
}
