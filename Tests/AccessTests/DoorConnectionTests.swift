import Cluster
import PKI
import Testing

@testable import Access

/// What a connection's certificate is worth while the connection stands.
@Suite struct DoorConnectionTests {
    @Test func `a connection without a certificate stays without one`() throws {
        try Fixture.with { fixture in
            let node = try fixture.credentials(.collector, "node-1", dns: ["localhost"])
            let connection = DoorConnection(isLocal: true)
            #expect(connection.identity == nil)
            #expect(connection.certificate(by: node, at: fixture.now) == .none)
        }
    }

    @Test func `a certificate counts until its time is over`() throws {
        try Fixture.with { fixture in
            let node = try fixture.credentials(.collector, "node-1", dns: ["localhost"])
            let caller = try fixture.credentials(.operator, "me")
            let connection = DoorConnection(isLocal: false)
            connection.fill(caller.own, by: node)
            #expect(connection.identity == Identity(.operator, "me"))
            let end = caller.own.notAfter
            #expect(connection.certificate(by: node, at: end) == .good(.operator))
            #expect(connection.certificate(by: node, at: end + 1) == .bad)
        }
    }

    @Test func `a certificate that is revoked counts no more once the new list is in use`() throws {
        try Fixture.with { fixture in
            let node = try fixture.credentials(.collector, "node-1", dns: ["localhost"])
            let caller = try fixture.credentials(.operator, "me")
            let connection = DoorConnection(isLocal: false)
            connection.fill(caller.own, by: node)
            try fixture.authority.revoke(serial: caller.own.serial)
            #expect(connection.certificate(by: node, at: fixture.now) == .good(.operator))
            let newer = try fixture.load(.collector, "node-1")
            #expect(connection.certificate(by: newer, at: fixture.now) == .bad)
            #expect(connection.certificate(by: newer, at: fixture.now) == .bad)
        }
    }

    @Test func `another certificate that is revoked changes nothing`() throws {
        try Fixture.with { fixture in
            let node = try fixture.credentials(.collector, "node-1", dns: ["localhost"])
            let caller = try fixture.credentials(.agent, "host-1")
            let connection = DoorConnection(isLocal: false)
            connection.fill(caller.own, by: node)
            try fixture.authority.revoke(serial: "ab")
            let newer = try fixture.load(.collector, "node-1")
            #expect(connection.certificate(by: newer, at: fixture.now) == .good(.agent))
        }
    }
}
