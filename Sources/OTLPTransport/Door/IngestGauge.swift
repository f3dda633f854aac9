internal import Synchronization

/// What all doors of a process hold together.
package final class IngestGauge: Sendable {
    private let bytes = Atomic<Int>(0)
    private let connections = Atomic<Int>(0)

    /// Nothing held, nobody connected.
    package init() {}

    /// Body bytes that are held at the moment.
    package var inFlightBytes: Int { self.bytes.load(ordering: .relaxed) }
    /// Connections of all doors.
    package var openConnections: Int { self.connections.load(ordering: .relaxed) }

    /// Reserves room for body bytes; false, and nothing reserved, where the limit would be passed.
    func reserve(_ count: Int, limit: Int) -> Bool {
        let (_, now) = self.bytes.add(count, ordering: .relaxed)
        if now <= limit { return true }
        self.bytes.subtract(count, ordering: .relaxed)
        return false
    }

    func release(_ count: Int) { self.bytes.subtract(count, ordering: .relaxed) }

    /// Counts a connection; false where there are too many.
    func open(limit: Int) -> Bool { self.connections.add(1, ordering: .relaxed).newValue <= limit }

    func close() { self.connections.subtract(1, ordering: .relaxed) }
}
