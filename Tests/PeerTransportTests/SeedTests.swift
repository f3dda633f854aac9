import Cluster
import NIOCore
import NIOPosix
import Telemetry
import Testing

@testable import PeerTransport

/// Seeds that are names: they lead to several addresses, some of them the caller's own.
@Suite(.ownThreads, .timeLimit(.minutes(3))) struct SeedTests {
    private static let agent = Identity.named(.agent, "a1")

    @Test func `behind a name that leads to oneself first the others are found`() async throws {
        let authority = try TestAuthority()
        let host = TestCollector.host()
        let ports = try await TestCollector.freePorts(2, of: host)
        let addresses = ports.map { "\(host):\($0)" }
        var collectors: [TestCollector] = []
        for (index, port) in ports.enumerated() {
            // Each finds itself first.
            let found = index == 0 ? addresses : addresses.reversed()
            collectors.append(
                try await TestCollector.start(
                    "n\(index + 1)",
                    authority,
                    run: UInt64(1001 + index),
                    seeds: ["collectors.test:1"],
                    host: host,
                    port: port,
                    names: ["collectors.test:1": found]
                )
            )
        }
        for collector in collectors { try await collector.sees(2) }
        for collector in collectors { try await collector.stop() }
    }

    @Test func `to whom is met already nothing is said over another address`() async throws {
        let authority = try TestAuthority()
        let one = try await TestCollector.start("n1", authority)
        let tls = try authority.tls(Self.agent)
        let greeting = TestCollector.greeting(Self.agent, authority)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        for isMet in [true, false] {
            let (user, events) = try await loop.submit {
                let user = LinkUser()
                let link = PeerLink(.data, to: nil, at: one.address, user: user) {
                    $0.text == "n1" && isMet
                } hello: {
                    Hello(.data, greeting)
                }
                user.link = link
                link.dial(PeerDialer(tls: tls), on: loop)
                return (NIOLoopBound(user, eventLoop: loop), user.events)
            }.get()
            let event = try await events.next()
            #expect(event == (isMet ? "n1 is met already" : "opened"))
            loop.execute { user.value.link?.close("enough") }
        }
        try await one.stop()
        #expect(one.collector.peers.rejections.isEmpty)
    }

    @Test func `an address of one's own is called again after a while`() {
        var book = SeedBook()
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        book.noteOwn("a:1", at: start)
        #expect(book.isOwn("a:1", at: start + .seconds(59)) && !book.isOwn("b:1", at: start))
        #expect(!book.isOwn("a:1", at: start + SeedBook.ownTimeout))
    }

    @Test func `seeds are called after a pause, and addresses are remembered up to a bound`() {
        var book = SeedBook()
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        let answers = [0, 499, 500, 501].map { delay in
            book.mayCall("a:1", after: .milliseconds(500), at: start + .milliseconds(Int64(delay)))
        }
        #expect(answers == [true, false, true, false])
        for number in 0..<3000 {
            book.noteOwn("o\(number):1", at: start)
            book.noteMet(.named("n1"), at: "m\(number):1")
        }
        #expect(book.count <= SeedBook.addressesMax && book.node(at: "m2999:1") == .named("n1"))
    }

    @Test func `names are resolved to all their addresses, and what is none stays as it is`() {
        for seed in ["127.0.0.1:7940", "[::1]:7940", "host", "no.such.name.invalid:1"] {
            #expect(PeerNames.addresses(of: seed) == [seed])
        }
        let found = PeerNames.addresses(of: "localhost:7940")
        #expect(found.contains("127.0.0.1:7940") || found.contains("[::1]:7940"), "\(found)")
    }
}

/// Hears whether a link opens.
private final class LinkUser: PeerLinkUser {
    let events = Events<String>()
    var link: PeerLink?

    func opened(_ link: PeerLink, _ welcome: Welcome) { self.events.add("opened") }
    func received(_ header: PeerHeader, _ body: ByteBuffer, over link: PeerLink) {}
    func ended(_ link: PeerLink, because reason: String, _ rejection: Rejection?) { self.events.add(reason) }
}
