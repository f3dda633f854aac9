package import Telemetry

/// What one node says; kinds as in ``ReadRequest``.
package enum ReadAnswer: Equatable, Sendable {
    case trace(TraceChunks)
    case search(SearchAnswer)
    case traceParts([TraceParts])
    case values([String])
    case logs(LogChunks)
    case series([SlotPart])
    case slots([SlotChunk])
}

/// The chunks of one trace that a node has.
package struct TraceChunks: Equatable, Sendable {
    /// In no order.
    package var chunks: [TraceChunk]
    /// Frames that could not be read.
    package var damagedFrames: Int

    /// An answer of these chunks.
    package init(chunks: [TraceChunk], damagedFrames: Int) {
        self.chunks = chunks
        self.damagedFrames = damagedFrames
    }
}

/// One chunk of a trace.
package struct TraceChunk: Hashable, Sendable {
    /// The frame it was made in.
    package var frame: FrameID
    /// Spans or logs.
    package var signal: Signal
    /// TracesData or LogsData.
    package var data: [UInt8]

    /// A chunk.
    package init(frame: FrameID, signal: Signal, data: [UInt8]) {
        self.frame = frame
        self.signal = signal
        self.data = data
    }
}

/// What the index of a frame knows of a chunk, with names spelled out.
package struct ChunkFact: Hashable, Sendable {
    /// The frame it was made in.
    package var frame: FrameID
    /// Earliest start of an item, nanoseconds since the Unix epoch.
    package var start: UInt64
    /// Latest end of an item, nanoseconds since the Unix epoch.
    package var end: UInt64
    /// Items in it.
    package var itemCount: UInt32
    /// How many of them failed.
    package var errorCount: UInt32
    /// Whether it holds a root span.
    package var isRoot: Bool
    /// Whether one of its items has all attributes that were asked for.
    package var hasAttributes = true
    /// Service of the root span, else of the first item.
    package var service: String?
    /// Name of the root span.
    package var rootName: String?

    /// What an entry of a frame says.
    package init(_ entry: ChunkEntry, of origin: FrameID, in frame: Frame) {
        self.init(
            frame: origin,
            start: entry.firstStart,
            end: entry.lastEnd,
            itemCount: entry.itemCount,
            errorCount: entry.errorCount,
            isRoot: entry.flags.contains(.root),
            service: frame.name(entry.service),
            rootName: frame.name(entry.rootName)
        )
    }

    /// A fact that is known otherwise.
    package init(
        frame: FrameID,
        start: UInt64,
        end: UInt64,
        itemCount: UInt32,
        errorCount: UInt32,
        isRoot: Bool,
        service: String?,
        rootName: String?
    ) {
        self.frame = frame
        self.start = start
        self.end = end
        self.itemCount = itemCount
        self.errorCount = errorCount
        self.isRoot = isRoot
        self.service = service
        self.rootName = rootName
    }
}

/// What a node knows of one trace.
package struct TraceParts: Equatable, Sendable {
    /// Its id.
    package var trace: TraceID
    /// Its chunks there.
    package var chunks: [ChunkFact]

    /// A trace of these chunks.
    package init(trace: TraceID, chunks: [ChunkFact]) {
        self.trace = trace
        self.chunks = chunks
    }
}

/// Chunks of records that fit, newest first.
package struct LogChunks: Equatable, Sendable {
    /// By latest end, descending; a chunk without a record that fits is left out.
    package var chunks: [LogChunk]
    /// Whether nothing else fits; where false, chunks that end before the last one given may.
    package var isComplete: Bool

    /// An answer of these chunks.
    package init(chunks: [LogChunk], isComplete: Bool) {
        self.chunks = chunks
        self.isComplete = isComplete
    }
}

/// The records of one chunk that fit.
package struct LogChunk: Hashable, Sendable {
    /// Its name.
    package var id: ChunkID
    /// Latest record of the whole chunk, nanoseconds since the Unix epoch.
    package var lastEnd: UInt64
    /// Records in ``data``.
    package var count: Int
    /// LogsData.
    package var data: [UInt8]

    /// A chunk.
    package init(id: ChunkID, lastEnd: UInt64, count: Int, data: [UInt8]) {
        self.id = id
        self.lastEnd = lastEnd
        self.count = count
        self.data = data
    }
}

/// The slots of one bucket, merged.
package struct SlotPart: Equatable, Sendable {
    /// Whose slots.
    package var bucket: SlotBucket
    /// Chunks that may hold slots that fit.
    package var count: UInt64
    /// The sum of their hashes; see ``SlotSurvey``.
    package var digest: UInt64
    /// The slots that fit.
    package var lines: [SeriesLine]

    /// A part of an answer.
    package init(bucket: SlotBucket, count: UInt64, digest: UInt64, lines: [SeriesLine]) {
        self.bucket = bucket
        self.count = count
        self.digest = digest
        self.lines = lines
    }
}

/// The slots of one chunk that fit.
package struct SlotChunk: Equatable, Sendable {
    /// Its name; of one that was rolled up, that of the latest chunk in it.
    package var id: ChunkID
    /// Hours since the Unix epoch, by the creation of its frame: slots are rolled up by key and this hour.
    package var hour: UInt64
    /// Whether it may be made of several chunks.
    package var isRolledUp: Bool
    /// Those that fit.
    package var slots: [Slot]

    /// A chunk.
    package init(id: ChunkID, hour: UInt64, isRolledUp: Bool, slots: [Slot]) {
        self.id = id
        self.hour = hour
        self.isRolledUp = isRolledUp
        self.slots = slots
    }
}
