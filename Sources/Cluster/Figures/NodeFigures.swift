package import Telemetry

/// What a collector says about itself when another one asks: who it is, what it does, and how far it is behind.
package struct NodeFigures: Equatable, Sendable {
    /// This start of its process.
    package var run: RunID
    /// The program's.
    package var version: String
    /// For people.
    package var hostName: String
    /// Stable; the machine id hashed.
    package var hostID: String
    /// Since the process started.
    package var uptimeSeconds: UInt64
    /// What its process uses.
    package var process: Process
    /// What comes in, by signal.
    package var load: [Load]
    /// What is under way, and what is owed.
    package var writes: Writes
    /// What is stored, and what waits.
    package var store: Store
    /// Counters since the process started that add up over nodes: accounts, drops and refusals with their reasons.
    package var families: [MetricFamily]
    /// Agents that it knows of, sorted by name.
    package var agents: [AgentFigures]

    /// What a process uses.
    package struct Process: Equatable, Sendable {
        /// Resident memory.
        package var residentBytes: UInt64
        /// Cores that worked for it, over at most the last half minute.
        package var cpuCores: Double
        /// Until its certificate ends; negative afterwards.
        package var certificateSeconds: Int64
        /// How much its own timers lag, 0 to 8.
        package var sickness: UInt64

        /// What a process uses.
        package init(
            residentBytes: UInt64 = 0,
            cpuCores: Double = 0,
            certificateSeconds: Int64 = 0,
            sickness: UInt64 = 0
        ) {
            self.residentBytes = residentBytes
            self.cpuCores = cpuCores
            self.certificateSeconds = certificateSeconds
            self.sickness = sickness
        }
    }

    /// What comes in of one signal, in items a second over at most the last half minute.
    package struct Load: Equatable, Sendable {
        /// Of what.
        package var signal: Signal
        /// Items that came first-hand.
        package var taken: Double
        /// Items of copies for other nodes.
        package var copied: Double

        /// A load.
        package init(signal: Signal, taken: Double, copied: Double) {
            self.signal = signal
            self.taken = taken
            self.copied = copied
        }
    }

    /// The write path.
    package struct Writes: Equatable, Sendable {
        /// Frames that nobody was answered for yet.
        package var framesUnderWay: UInt64
        /// Their bytes.
        package var bytesUnderWay: UInt64
        /// Frames held here of which a copy is still owed.
        package var owedFrames: UInt64
        /// The partitions of their first chunks, in ascending order.
        package var owedPartitions: [Int]
        /// Chunks taken in since the process started whose partitions were other nodes' at that time.
        package var foreignChunks: UInt64

        /// The write path.
        package init(
            framesUnderWay: UInt64 = 0,
            bytesUnderWay: UInt64 = 0,
            owedFrames: UInt64 = 0,
            owedPartitions: [Int] = [],
            foreignChunks: UInt64 = 0
        ) {
            self.framesUnderWay = framesUnderWay
            self.bytesUnderWay = bytesUnderWay
            self.owedFrames = owedFrames
            self.owedPartitions = owedPartitions
            self.foreignChunks = foreignChunks
        }
    }

    /// The disk and the index.
    package struct Store: Equatable, Sendable {
        /// Bytes stored, indexes included.
        package var bytes: UInt64
        /// Segments.
        package var segments: UInt64
        /// Bytes that wait for a commit.
        package var queuedBytes: UInt64
        /// Frames on the disk that the index has not reached.
        package var unindexedFrames: UInt64
        /// The age of the oldest of them; 0 where there is none.
        package var unindexedSeconds: Double
        /// Full logs that wait for their index.
        package var unsealedLogs: UInt64

        /// The disk and the index.
        package init(
            bytes: UInt64 = 0,
            segments: UInt64 = 0,
            queuedBytes: UInt64 = 0,
            unindexedFrames: UInt64 = 0,
            unindexedSeconds: Double = 0,
            unsealedLogs: UInt64 = 0
        ) {
            self.bytes = bytes
            self.segments = segments
            self.queuedBytes = queuedBytes
            self.unindexedFrames = unindexedFrames
            self.unindexedSeconds = unindexedSeconds
            self.unsealedLogs = unsealedLogs
        }
    }

    /// Figures of a process that does nothing yet.
    package init(
        run: RunID,
        version: String,
        hostName: String,
        hostID: String,
        uptimeSeconds: UInt64 = 0,
        process: Process = Process(),
        load: [Load] = [],
        writes: Writes = Writes(),
        store: Store = Store(),
        families: [MetricFamily] = [],
        agents: [AgentFigures] = []
    ) {
        self.run = run
        self.version = version
        self.hostName = hostName
        self.hostID = hostID
        self.uptimeSeconds = uptimeSeconds
        self.process = process
        self.load = load
        self.writes = writes
        self.store = store
        self.families = families
        self.agents = agents
    }
}
