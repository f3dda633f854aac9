internal import Cluster
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import PKI
internal import PeerTransport
internal import Pipeline
internal import Telemetry
internal import Workload

/// Sends frames that were made beforehand to a collector, as agents do, over several connections at once.
///
/// `neoscope-bench frames HOST:PORT CA CERTIFICATE KEY CONNECTIONS FRAMES`; prints spans, bytes and seconds until the last
/// frame was confirmed as JSON.
enum FrameLoad {
    struct Answer: Encodable {
        var spans: Int
        var frames: Int
        var bytes: Int
        var seconds: Double
        var refused: Int
    }

    static func run(_ arguments: [String]) async throws {
        guard arguments.count == 6, let connections = Int(arguments[4]), let frames = Int(arguments[5]) else {
            throw FrameLoadFailure("expected HOST:PORT CA CERTIFICATE KEY CONNECTIONS FRAMES")
        }
        let files = CredentialFiles(
            authorities: arguments[1],
            certificate: arguments[2],
            key: arguments[3]
        )
        let now = Self.now().nanoseconds / 1_000_000_000
        let credentials = try files.load(at: Int64(now))
        let verifier = credentials.verifier
        let tls = try PeerTLS(
            chain: credentials.chain,
            key: credentials.key,
            authorities: credentials.authorities
        ) { chain, _ in try verifier.verify(chain: chain, as: .server, at: Int64(now)).identity }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let work = (0..<connections).map { Self.make(frames / connections, seed: UInt64($0)) }
        let local = LocalPeer(
            cluster: credentials.cluster,
            identity: credentials.own.identity,
            run: RunID(high: 1, low: now),
            placement: nil,
            now: { Self.now() }
        )
        let all = work.flatMap { $0 }
        let started = ContinuousClock.now
        let refused = try await withThrowingTaskGroup(of: Int.self) { group in
            for part in work {
                group.addTask {
                    try await Self.send(part, to: arguments[0], local, PeerDialer(tls: tls), on: loop)
                }
            }
            return try await group.reduce(0, +)
        }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        let answer = Answer(
            spans: all.reduce(0) { $0 + Int($1.header.itemCount) },
            frames: all.count,
            bytes: all.reduce(0) { $0 + $1.bytes.count },
            seconds: seconds,
            refused: refused
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        print(String(decoding: try encoder.encode(answer), as: UTF8.self))
    }

    /// Frames of fresh traces, as an agent's edge makes them.
    private static func make(_ count: Int, seed: UInt64) -> [SealedFrame] {
        var random = SystemRandomNumberGenerator()
        var edge = Edge(options: EdgeOptions(), run: RunID(using: &random), at: Self.now())
        var patched = PatchedBatch.benchmark(seed: seed &+ random.next())
        var frames: [SealedFrame] = []
        while frames.count < count {
            let now = Self.now()
            patched.refresh(at: Timestamp(nanoseconds: now.nanoseconds))
            _ = try? edge.receiveTraces(patched.bytes.raw, at: now)
            let cut = edge.cut().filter { $0.header.signal == .spans }
            for frame in cut { edge.confirm(frame.header) }
            frames += cut
        }
        return frames
    }

    private static func send(
        _ frames: [SealedFrame],
        to address: String,
        _ local: LocalPeer,
        _ dialer: PeerDialer,
        on loop: any EventLoop
    ) async throws -> Int {
        let promise = loop.makePromise(of: Int.self)
        try await loop.submit {
            let sender = FrameSender(frames, promise)
            let link = PeerLink(.data, to: nil, at: address, user: sender) { Hello(.data, local.greeting()) }
            sender.link = link
            link.dial(dialer, on: loop)
        }.get()
        return try await promise.futureResult.get()
    }

    private static func now() -> ClusterTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return ClusterTime(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }
}

/// Fills one connection's window until everything is answered; belongs to its event loop.
private final class FrameSender: PeerLinkUser {
    /// Keeps the sender alive until the promise is kept.
    var link: PeerLink?
    private var own: FrameSender?
    private let frames: [SealedFrame]
    private let promise: EventLoopPromise<Int>
    private var next = 0
    private var answered = 0
    private var refused = 0
    /// Refused for now.
    private var again: [Int] = []
    private var window = 0
    private var outstanding = 0

    init(_ frames: [SealedFrame], _ promise: EventLoopPromise<Int>) {
        self.frames = frames
        self.promise = promise
        self.own = self
    }

    func opened(_ link: PeerLink, _ welcome: Welcome) {
        self.window = Int(clamping: welcome.window)
        self.fill()
    }

    func received(_ header: PeerHeader, _ body: ByteBuffer, over link: PeerLink) {
        guard header.kind == PeerMessageKind.outcome.rawValue else { return }
        self.outstanding -= self.frames[Int(header.request)].bytes.count
        guard (try? Outcome(body.readableBytesSpan))?.verdict == .confirmed else {
            // Sent again, as an agent does.
            self.refused += 1
            self.again.append(Int(header.request))
            return self.fill()
        }
        self.answered += 1
        guard self.answered == self.frames.count else { return self.fill() }
        self.promise.succeed(self.refused)
        link.close("done")
        self.own = nil
    }

    func ended(_ link: PeerLink, because reason: String, _ rejection: Rejection?) {
        self.promise.fail(FrameLoadFailure(reason))
        self.own = nil
    }

    private func fill() {
        while self.next < self.frames.count || !self.again.isEmpty {
            let index = self.next < self.frames.count ? self.next : self.again[0]
            let bytes = self.frames[index].bytes
            guard self.outstanding == 0 || self.outstanding + bytes.count <= self.window else { return }
            self.link?.connection?.send(.frame, request: UInt64(index), Delivery(floor: 0), frame: bytes)
            self.outstanding += bytes.count
            if self.next < self.frames.count { self.next += 1 } else { self.again.removeFirst() }
        }
    }
}

/// Why frames could not be sent.
struct FrameLoadFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
