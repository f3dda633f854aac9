package import Telemetry

/// What the grouping needs to know about an item beside its bytes.
package struct NewItem: Sendable {
    /// Decides the chunk.
    package var key: Key
    /// References that ``FrameBuilder/envelope(_:role:)`` gave; zero for none.
    package var resource: UInt32 = 0
    /// The scope's reference.
    package var scope: UInt32 = 0
    /// Nanoseconds since the Unix epoch.
    package var start: UInt64 = 0
    /// Zero where there is none.
    package var end: UInt64 = 0
    /// Whether it is a span without a parent.
    package var isRoot = false
    /// Whether it failed.
    package var isError = false
    /// Whether it is a slot of kind ``Series/Kind/distinct``.
    package var isDistinct = false
    /// A reference that ``FrameBuilder/name(_:)`` gave.
    package var service: UInt16 = ChunkEntry.noName
    /// The root's own name; of no meaning for other items.
    package var name: UInt16 = ChunkEntry.noName
    /// How many items the accounts see: 1, or the data points of a metric.
    package var units: UInt32 = 1

    /// An item of a key, of which nothing more is known.
    package init(key: Key) { self.key = key }
}
