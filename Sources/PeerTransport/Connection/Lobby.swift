internal import NIOCore

/// Connections that have not greeted yet, by the host that they come from.
///
/// They are few, so that silent ones do not take the places of others: where there are too many, the host that has most
/// of them loses its oldest one.
struct Lobby<Guest: AnyObject> {
    private struct Place {
        var guest: Guest
        /// Counts guests as they come.
        var number: UInt64
    }

    /// Guests at once.
    let limit: Int
    private(set) var count = 0
    private var hosts: [String: CircularBuffer<Place>] = [:]
    private var lastNumber: UInt64 = 0

    /// Nobody yet; a quarter of all connections, but 8 to 256.
    init(connectionsMax: Int) { self.limit = max(8, min(256, connectionsMax / 4)) }

    /// Takes a guest.
    ///
    /// - Returns: Who has to go for it, and is none any more; nil while there is room.
    mutating func enter(_ guest: Guest, from host: String) -> Guest? {
        self.lastNumber += 1
        self.hosts[host, default: []].append(Place(guest: guest, number: self.lastNumber))
        self.count += 1
        guard self.count > self.limit else { return nil }
        let most = self.hosts.values.map(\.count).max() ?? 0
        let oldest = self.hosts.filter { $0.value.count == most }.min {
            ($0.value.first?.number ?? 0) < ($1.value.first?.number ?? 0)
        }
        guard let (host, places) = oldest, let guest = places.first?.guest else { return nil }
        self.leave(guest, from: host)
        return guest
    }

    /// A guest greeted, or is gone; one that left before changes nothing.
    mutating func leave(_ guest: Guest, from host: String) {
        guard let places = self.hosts[host], let index = places.firstIndex(where: { $0.guest === guest })
        else { return }
        self.hosts[host]?.remove(at: index)
        if self.hosts[host]?.isEmpty == true { self.hosts[host] = nil }
        self.count -= 1
    }
}
