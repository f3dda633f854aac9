import Access
import Cluster
import Foundation
import Logging
import PKI
import PeerTransport
import Synchronization
import Testing

@testable import Node

/// A collector's credentials from an authority in a folder of its own, with a door, a peer, and a clock that a test moves.
final class CredentialBench {
    /// Why a test's part uses nothing.
    struct Unfit: Error {}

    static let node = Identity.named(.collector, "node-1")
    static let agent = Identity.named(.agent, "host-1")

    let clock = TestClock()
    let authority: CertificateAuthority
    /// The own one, 90 days from the start.
    let certificate: String
    let service: CredentialService
    let doors: DoorTLS
    /// An agent that is connected; its certificate ends ten days after the start.
    let peer: PeerCertificate
    private let said = Texts()

    /// What was said of the peer each time that connections were judged again; empty texts where it was good.
    var judgments: [String] { self.said.all }

    init() throws {
        let folder = NSTemporaryDirectory() + "neoscope-credentials-" + UUID().uuidString
        self.authority = try CertificateAuthority.create(in: folder)
        let paths = try self.authority.issue(
            CertificateRequest(Self.node, addresses: ["127.0.0.1"], days: 90)
        )
        self.certificate = paths.certificate
        let (clock, said) = (self.clock, self.said)
        let service = try CredentialService(
            files: CredentialFiles(
                authorities: folder + "/ca.crt",
                certificate: paths.certificate,
                key: paths.key,
                revocationList: folder + "/crl.pem"
            ),
            role: .collector,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { clock.seconds }
        )
        self.service = service
        let doors = try DoorTLS(service.current, now: { clock.seconds })
        self.doors = doors
        service.prepareChanges { try doors.prepare($0) }
        self.peer = try Self.agent("host-1", days: 10, self.authority)
        let peer = self.peer
        service.onJudgment { [tls = service.tls] in said.add(tls.objection(to: peer, whoIs: .client) ?? "") }
    }

    deinit { try? FileManager.default.removeItem(atPath: self.authority.folder) }

    /// What an agent with a new certificate shows.
    func agent(_ name: String, days: Int) throws -> PeerCertificate {
        try Self.agent(name, days: days, self.authority)
    }

    private static func agent(
        _ name: String,
        days: Int,
        _ authority: CertificateAuthority
    ) throws -> PeerCertificate {
        let identity = Identity.named(.agent, name)
        let paths = try authority.issue(CertificateRequest(identity, days: days))
        return PeerCertificate(
            identity: identity,
            chain: [try Certificate(pem: Self.read(paths.certificate)).der()]
        )
    }

    static func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }
}

/// A time that goes by when a test says so.
final class TestClock: Sendable {
    private let state = Mutex(Int64(Date().timeIntervalSince1970))

    /// Since the Unix epoch.
    var seconds: Int64 { self.state.withLock { $0 } }

    func pass(days: Int64 = 0, seconds: Int64 = 0) {
        self.state.withLock { $0 += days * 86_400 + seconds }
    }
}

/// Counts from any thread.
final class Counter: Sendable {
    private let state: Mutex<Int>

    init(_ count: Int = 0) { self.state = Mutex(count) }

    var count: Int { self.state.withLock { $0 } }

    func add() { self.state.withLock { $0 += 1 } }

    func set(_ count: Int) { self.state.withLock { $0 = count } }
}

/// Texts in the order in which they came, from any thread.
final class Texts: Sendable {
    private let state = Mutex<[String]>([])

    var all: [String] { self.state.withLock { $0 } }

    func add(_ text: String) { self.state.withLock { $0.append(text) } }
}

extension Identity {
    /// An identity that a test writes out.
    static func named(_ role: Role, _ name: String) -> Identity {
        guard let identity = Identity(role, name) else { preconditionFailure("\(name) is no name") }
        return identity
    }
}
