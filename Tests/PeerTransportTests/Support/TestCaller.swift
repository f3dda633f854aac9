import Cluster
import NIOCore
import NIOPosix
import Telemetry

@testable import PeerTransport

/// The calling side of a connection, which says what a test wants.
final class TestCaller: PeerConnectionOwner {
    enum Event: Sendable {
        case secured
        case message(PeerMessageKind?, request: UInt64, body: [UInt8])
        case closed(String)
    }

    let loop: any EventLoop
    let events = Events<Event>()
    private var connection: PeerConnection?

    private init(_ loop: any EventLoop) { self.loop = loop }

    /// Calls a port of this machine; the caller is not on the loop.
    static func call(
        _ port: Int,
        _ tls: PeerTLS,
        limits: PeerConnection.Limits = .init()
    ) async throws -> Handle {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let caller = try await loop.submit {
            let caller = TestCaller(loop)
            var dialer = PeerDialer(tls: tls)
            dialer.limits = limits
            caller.connection = dialer.dial("127.0.0.1:\(port)", on: loop, owner: caller)
            return NIOLoopBound(caller, eventLoop: loop)
        }.get()
        return Handle(caller: caller, loop: loop, events: try await loop.submit { caller.value.events }.get())
    }

    func secured(_ connection: PeerConnection) { self.events.add(.secured) }

    func received(_ header: PeerHeader, _ body: ByteBuffer, on connection: PeerConnection) {
        self.events.add(
            .message(
                PeerMessageKind(rawValue: header.kind),
                request: header.request,
                body: Array(body.readableBytesView)
            )
        )
    }

    func closed(_ connection: PeerConnection, because reason: String) { self.events.add(.closed(reason)) }

    /// The caller for a test, which is on no loop.
    struct Handle: Sendable {
        let caller: NIOLoopBound<TestCaller>
        let loop: any EventLoop
        let events: Events<Event>

        func perform(_ body: @escaping @Sendable (PeerConnection) -> Void) {
            let caller = self.caller
            self.loop.execute { if let connection = caller.value.connection { body(connection) } }
        }

        func send(_ kind: PeerMessageKind, request: UInt64 = 0, _ body: [UInt8] = []) {
            self.perform { $0.send(kind, request: request, body) }
        }

        /// Writes bytes behind TLS that may be no message.
        func write(_ bytes: [UInt8]) {
            self.perform { connection in
                guard let context = connection.context else { return }
                context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
            }
        }

        func send(_ frame: SealedFrame, request: UInt64, floor: UInt64 = 0, as kind: PeerMessageKind = .frame)
        {
            self.perform { $0.send(kind, request: request, Delivery(floor: floor), frame: frame.bytes) }
        }

        /// Says hello once TLS stands, and gives the answer.
        func greet(_ hello: Hello) async throws -> Answer {
            let first = try await self.events.first {
                switch $0 {
                case .secured, .closed: true
                case .message: false
                }
            }
            if case .closed(let reason) = first { return .closed(reason) }
            self.send(.hello, hello.encoded)
            return try await self.answer(for: hello.purpose)
        }

        func answer(for purpose: ConnectionPurpose) async throws -> Answer {
            switch try await self.events.next() {
            case .message(.welcome, _, let body):
                self.perform { $0.open(for: purpose) }
                return .welcome(try Welcome(body.raw))
            case .message(.reject, _, let body): return .rejected(try Rejection(body.raw))
            case .closed(let reason): return .closed(reason)
            default: return .closed("another message")
            }
        }

        func closing() async throws -> String {
            while true {
                if case .closed(let reason) = try await self.events.next() { return reason }
            }
        }

        /// The next outcome, with the request that it answers.
        func outcome() async throws -> (request: UInt64, outcome: Outcome)? {
            while true {
                switch try await self.events.next() {
                case .message(.outcome, let request, let body): return (request, try Outcome(body.raw))
                case .closed: return nil
                default: continue
                }
            }
        }
    }

    enum Answer: Sendable {
        case welcome(Welcome)
        case rejected(Rejection)
        case closed(String)

        var welcome: Welcome? { if case .welcome(let welcome) = self { welcome } else { nil } }
        var rejection: Rejection? { if case .rejected(let rejection) = self { rejection } else { nil } }
    }
}
