package import Telemetry

extension Courier {
    /// Bounds and times, all positive.
    package struct Limits: Equatable, Sendable {
        /// Connections at once; frames for other nodes go through one of these.
        package var connectionsMax = 8
        /// A node that leaves a frame unanswered so long is taken for gone.
        package var answerTimeout = Duration.seconds(10)
        /// What was not confirmed is sent again after so long.
        package var retryDelay = Duration.seconds(1)
        /// A frame that a node did not confirm so often goes to the next one in the ranking: a node that is cut off from
        /// the others accepts for ever and confirms nothing.
        package var triesPerNode = 2
        /// A node that could not be reached is tried again after so long, doubled with each failure.
        package var reconnectDelay = Duration.milliseconds(250)
        /// But at most so long.
        package var reconnectDelayMax = Duration.seconds(8)

        /// The bounds of the product.
        package init() {}

        /// Whether every bound is at least one, and every time longer than none.
        package var isValid: Bool {
            let times = [self.answerTimeout, self.retryDelay, self.reconnectDelay, self.reconnectDelayMax]
            return self.connectionsMax >= 1 && self.triesPerNode >= 1 && times.allSatisfy { $0 > .zero }
        }
    }

    /// A frame to be brought.
    package struct Parcel: Equatable, Sendable {
        /// Its name.
        package var id: FrameID
        /// That of its first chunk.
        package var partition: Int
        /// Its size on the wire.
        package var bytes: Int

        /// A frame to be brought.
        package init(id: FrameID, partition: Int, bytes: Int) {
            self.id = id
            self.partition = partition
            self.bytes = bytes
        }
    }

    /// What the shell is to do.
    package enum Effect: Equatable, Sendable {
        /// Open a connection; the answer is ``Courier/connected(to:window:at:)`` or ``Courier/connectionLost(to:at:)``.
        case connect(NodeID)
        /// Close a connection, whether it stands or is about to; no answer is expected.
        case disconnect(NodeID)
        /// Send a frame.
        case send(FrameID, to: NodeID)
        /// The frame is settled, and may be let go.
        case release(FrameID, Outcome.Verdict)
    }

    struct Entry: Equatable, Sendable {
        let partition: Int
        let bytes: Int
        /// Counts up in the order in which frames were added.
        let number: UInt64
        var place: Place = .waiting
        /// Another one each time a frame changes its place: what queues say of an earlier turn counts no more.
        var turn: UInt64 = 0
        /// How often it was answered without being settled.
        var tries = 0
        /// Whether some node has it, though not enough do.
        var isStored = false
    }

    enum Place: Equatable, Sendable {
        /// In the queue of a node, or stranded.
        case waiting
        /// On its way to a node.
        case sent(NodeID)
        /// Answered, and to be sent again.
        case resting
    }

    struct Link: Equatable, Sendable {
        enum State: Equatable, Sendable {
            /// It may be opened when a frame wants it.
            ///
            /// Can transition to `connecting`, or to `open` where a seed turned out to be this node.
            case idle
            /// Can transition to `open` or `failed`.
            case connecting
            /// Can transition to `failed`.
            case open
            /// Nothing is tried before then; can transition to `idle`, or to `open` as above.
            case failed(until: Duration)
        }

        var state = State.idle
        var failures = 0
        var window = 0
        /// Bytes that were sent and not answered, of frames that were forgotten since too: the other side counts them.
        var outstanding = 0
        /// The same by frame.
        var out: [FrameID: Int] = [:]
        /// Sent and perhaps not answered, oldest first.
        var sent = FrameQueue()
        /// To be sent when the window allows, oldest first.
        var waiting = FrameQueue()

        /// Whether it stands or is about to.
        var isUsed: Bool { self.state == .open || self.state == .connecting }

        /// Whether it is not to be tried yet.
        var isFailed: Bool {
            if case .failed = self.state { true } else { false }
        }
    }
}
