import Access
import NIOCore
import NIOEmbedded
import Pipeline
import Telemetry
import Testing

@testable import OTLPTransport

/// One event loop's door with a fake store behind it and time that the test moves.
final class TestDoor {
    let loop = EmbeddedEventLoop()
    let sink: FakeSink
    let clock = TestClock()
    let gauge = IngestGauge()
    let ledger = EdgeLedger()
    let limits: IngestLimits
    let door: EdgeDoor
    private let crossOrigin: CrossOrigin
    private let gate: Gate

    init(
        gate: Gate = .openLoopback,
        limits: IngestLimits = IngestLimits(),
        origins: [String] = ["http://localhost:*"],
        sink: FakeSink = FakeSink()
    ) {
        self.limits = limits
        self.sink = sink
        self.gate = gate
        self.crossOrigin = CrossOrigin(origins: origins)
        let clock = self.clock
        self.door = EdgeDoor(
            loop: self.loop,
            sink: sink,
            options: EdgeOptions(),
            run: RunID(high: 1, low: 2),
            stagedBytesMax: limits.stagedBytesMax,
            ledger: self.ledger,
            now: { clock.now }
        )
    }

    var accounts: EdgeAccounts { self.ledger.accounts }

    /// The account of one signal; empty where there is none yet.
    func account(_ signal: Signal) -> Account { self.accounts.bySignal[signal] ?? Account() }

    /// A connection wired as the server wires it.
    func connect() throws -> HTTPConnection { try HTTPConnection(self.loop) { try self.acceptor.http($0) } }

    /// A gRPC stream with the door's handler on it.
    func stream() throws -> GRPCStream {
        try GRPCStream(
            self.loop,
            OTLPGRPCHandler(
                door: self.door,
                caller: Caller(self.gate, DoorConnection(isLocal: true)),
                limits: self.limits,
                gauge: self.gauge,
                meter: DiscardMeter(limitBytes: self.limits.discardedBytesMax)
            )
        )
    }

    var acceptor: Acceptor {
        Acceptor(
            doors: [(self.loop, NIOLoopBound(self.door, eventLoop: self.loop))],
            httpGate: self.gate,
            grpcGate: self.gate,
            limits: self.limits,
            gauge: self.gauge,
            crossOrigin: self.crossOrigin
        )
    }

    /// Runs the loop's turn and answers every commit, until nothing is left to do.
    func settleAll(_ refusal: Refusal? = nil) {
        self.loop.run()
        while self.sink.settle(refusal) { self.loop.run() }
        // Slots of a failed commit are tried again a second later.
        self.loop.advanceTime(by: .seconds(1))
        while self.sink.settle(refusal) { self.loop.run() }
    }

    /// Hands a request to the door itself; the answer goes to `answered`.
    @discardableResult
    func receive(_ signal: Signal, _ bytes: [UInt8], _ answered: Answers) -> Admission? {
        self.door.receive(signal, bytes.raw, Receipt { answered.note($0) })
    }

    /// Expects that every item is accounted for, and none is held.
    func expectSettled(sourceLocation: SourceLocation = #_sourceLocation) {
        for (signal, account) in self.accounts.bySignal {
            #expect(account.closes, "\(signal): \(account)", sourceLocation: sourceLocation)
            #expect(account.held == 0, "\(signal): \(account)", sourceLocation: sourceLocation)
        }
        #expect(self.gauge.inFlightBytes == 0, sourceLocation: sourceLocation)
    }
}
