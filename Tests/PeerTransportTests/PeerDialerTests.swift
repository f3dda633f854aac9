import Cluster
import NIOCore
import NIOPosix
import Telemetry
import Testing

@testable import PeerTransport

/// Calling addresses that stand, that do not, and that are none.
@Suite(.ownThreads, .timeLimit(.minutes(3))) struct PeerDialerTests {
    /// Waits for one connection.
    private final class Waiter: PeerConnectionOwner {
        let events = Events<String>()
        var connection: PeerConnection?

        func secured(_ connection: PeerConnection) { self.events.add("secured") }
        func received(_ header: PeerHeader, _ body: ByteBuffer, on connection: PeerConnection) {}
        func closed(_ connection: PeerConnection, because reason: String) { self.events.add(reason) }
    }

    /// What becomes of a call, and perhaps of closing it at once.
    private func call(
        _ address: String,
        _ authority: TestAuthority,
        isClosedAtOnce: Bool = false
    ) async throws -> String {
        let tls = try authority.tls(.named(.agent, "a1"))
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (waiter, events) = try await loop.submit {
            let waiter = Waiter()
            waiter.connection = PeerDialer(tls: tls).dial(address, on: loop, owner: waiter)
            if isClosedAtOnce { waiter.connection?.close("changed my mind") }
            return (NIOLoopBound(waiter, eventLoop: loop), waiter.events)
        }.get()
        let first = try await events.next()
        try await loop.submit { waiter.value.connection?.close("enough") }.get()
        if first == "secured" { #expect(try await events.next() == "enough") }
        return first
    }

    @Test func `a name with several addresses is reached at the one that stands`() async throws {
        let authority = try TestAuthority()
        let collector = try await TestCollector.start("n1", authority)
        // The first address of this name may be ::1, where nobody listens.
        #expect(try await self.call("localhost:\(collector.port)", authority) == "secured")
        #expect(try await self.call("127.0.0.1:\(collector.port)", authority) == "secured")
        try await collector.stop()
    }

    @Test func `where nobody listens the reason says so`() async throws {
        let authority = try TestAuthority()
        let collector = try await TestCollector.start("n1", authority)
        let port = collector.port
        try await collector.stop()
        let reason = try await self.call("127.0.0.1:\(port)", authority)
        #expect(reason.lowercased().contains("refused"), "\(reason)")
    }

    @Test func `a call that is closed before it stands ends, and says why`() async throws {
        let authority = try TestAuthority()
        let collector = try await TestCollector.start("n1", authority)
        let reason = try await self.call("127.0.0.1:\(collector.port)", authority, isClosedAtOnce: true)
        #expect(reason == "changed my mind")
        try await collector.stop()
    }

    @Test(arguments: ["", "host", "host:", "host:0", "host:65536", ":80", "[]:80", "host:x"])
    func `what is no address is told`(_ address: String) async throws {
        #expect(PeerDialer.split(address) == nil)
        let reason = try await self.call(address, try TestAuthority())
        #expect(reason.contains("host:port"))
    }

    @Test func `addresses are split at their last colon`() {
        #expect(PeerDialer.split("a.b:7940").map { "\($0) \($1)" } == "a.b 7940")
        #expect(PeerDialer.split("[::1]:1").map { "\($0) \($1)" } == "::1 1")
    }
}
