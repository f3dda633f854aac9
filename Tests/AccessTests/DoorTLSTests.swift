import Cluster
import NIOCore
import NIOEmbedded
import NIOSSL
import PKI
import Synchronization
import Testing

@testable import Access

/// The time of a test that lets it go by.
private final class Clock: Sendable {
    let seconds: Atomic<Int64>

    init(_ seconds: Int64) { self.seconds = Atomic(seconds) }
}

/// What a door shows, and which certificates are fit for one.
@Suite struct DoorTLSTests {
    @Test func `a door knows the names of its certificate, in any spelling`() throws {
        try Fixture.with { fixture in
            let own = try fixture.credentials(
                .collector,
                "node-1",
                dns: ["Node-1.example", "*.wild.example"],
                addresses: ["10.0.0.7", "2001:db8::7"]
            )
            let tls = try DoorTLS(own, now: fixture.clock)
            for name in [
                "node-1.example", "NODE-1.EXAMPLE", "a.wild.example", "10.0.0.7", "2001:db8::7",
                "2001:DB8:0:0:0:0:0:7",
            ] {
                #expect(tls.isNamed(name), "\(name)")
            }
            for name in [
                "", "example", "a.b.wild.example", "wild.example", "10.0.0.8", "node-1.example.evil",
            ] {
                #expect(!tls.isNamed(name), "\(name)")
            }
        }
    }

    @Test func `a certificate that is for a client alone is not fit for a door`() throws {
        try Fixture.with { fixture in
            for (role, id, dns) in [(Role.agent, "b", []), (.operator, "c", ["localhost"])] {
                let own = try fixture.credentials(role, id, dns: dns)
                let failure = #expect(throws: PKIFailure.self) { try DoorTLS(own, now: fixture.clock) }
                #expect(failure?.code == .wrongPurpose, "\(role)")
            }
            let named = try fixture.credentials(.agent, "d", dns: ["localhost"])
            _ = try DoorTLS(named, now: fixture.clock)
        }
    }

    @Test func `credentials that are not fit leave the present ones in use`() throws {
        try Fixture.with { fixture in
            let first = try fixture.credentials(.agent, "a", dns: ["one.example"])
            let tls = try DoorTLS(first, now: fixture.clock)
            let bad = try fixture.credentials(.agent, "b")
            #expect(throws: PKIFailure.self) { try tls.replace(bad) }
            #expect(tls.credentials.fingerprint == first.fingerprint && tls.isNamed("one.example"))
            let second = try fixture.credentials(.agent, "c", dns: ["two.example"])
            try tls.replace(second)
            #expect(tls.credentials.fingerprint == second.fingerprint)
            #expect(tls.isNamed("two.example") && !tls.isNamed("one.example"))
        }
    }

    @Test func `a newer list is used though the certificate that is shown has ended meanwhile`() throws {
        try Fixture.with { fixture in
            let first = try fixture.credentials(.collector, "a", dns: ["one.example"])
            let clock = Clock(fixture.now)
            let tls = try DoorTLS(first, now: { clock.seconds.load(ordering: .relaxed) })
            try fixture.authority.renewList()
            let list = try fixture.authority.revocationList().pem()
            clock.seconds.store(first.own.notAfter + 1, ordering: .relaxed)
            try tls.replace(try first.replacing(revocationList: list))
            #expect(tls.credentials.verifier.listNumber == 2 && tls.isNamed("one.example"))
            // Another certificate has to be good.
            let second = try fixture.credentials(.collector, "b", dns: ["two.example"])
            #expect(throws: PKIFailure.self) { try tls.prepare(second) }
        }
    }

    @Test(arguments: [Role.operator, .collector, .agent, nil])
    func `a handshake tells who calls, if anybody says so`(role: Role?) throws {
        try Fixture.with { fixture in
            let own = try fixture.credentials(.collector, "node-1", dns: ["localhost"])
            let caller = try role.map { try fixture.credentials($0, "caller") }
            let tls = try DoorTLS(own, now: fixture.clock)
            let connection = DoorConnection(isLocal: true)
            let isUp = try Handshake.play(tls, connection, caller, trusting: own, speaking: .http2)
            #expect(isUp && connection.identity == caller?.own.identity && tls.refusedHandshakes == 0)
        }
    }

    @Test func `a certificate that is revoked, or of another authority, ends the handshake`() throws {
        try Fixture.with { fixture in
            let gone = try fixture.credentials(.operator, "gone")
            try fixture.authority.revoke(serial: gone.own.serial)
            let own = try fixture.credentials(.collector, "node-1", dns: ["localhost"])
            let tls = try DoorTLS(own, now: fixture.clock)
            try Fixture.with { other in
                let stranger = try other.credentials(.operator, "me")
                for (count, caller) in [gone, stranger].enumerated() {
                    let connection = DoorConnection(isLocal: true)
                    let isUp = try Handshake.play(tls, connection, caller, trusting: own, speaking: .http1)
                    #expect(!isUp && connection.identity == nil, "\(caller)")
                    #expect(tls.refusedHandshakes == UInt64(count + 1))
                }
            }
        }
    }
}

/// A client and a door, byte by byte in memory.
private enum Handshake {
    /// Whether the door takes what the client says afterwards.
    static func play(
        _ tls: DoorTLS,
        _ connection: DoorConnection,
        _ caller: Credentials?,
        trusting own: Credentials,
        speaking language: DoorTLS.Language
    ) throws -> Bool {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(own.authorities))
        if let caller {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(caller.chain).map {
                .certificate($0)
            }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: caller.key, format: .pem))
        }
        let context = try NIOSSLContext(configuration: configuration)
        let server = EmbeddedChannel()
        let client = EmbeddedChannel()
        try tls.install(on: server, speaking: language, for: connection)
        try client.pipeline.syncOperations.addHandler(
            try NIOSSLClientHandler(context: context, serverHostname: "localhost")
        )
        for channel in [server, client] {
            channel.connect(to: try .init(ipAddress: "127.0.0.1", port: 1), promise: nil)
        }
        client.writeAndFlush(ByteBuffer(string: "hello"), promise: nil)
        for _ in 0..<20 {
            while let bytes = try client.readOutbound(as: ByteBuffer.self) {
                _ = try? server.writeInbound(bytes)
            }
            server.embeddedEventLoop.run()
            while let bytes = try server.readOutbound(as: ByteBuffer.self) {
                _ = try? client.writeInbound(bytes)
            }
            client.embeddedEventLoop.run()
        }
        let heard = try server.readInbound(as: ByteBuffer.self).map { String(buffer: $0) }
        for channel in [server, client] {
            channel.close(promise: nil)
            // TLS waits for the other side's goodbye, for a while.
            channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        }
        return heard == "hello"
    }
}
