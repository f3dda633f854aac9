package import Telemetry

/// A frame that is handed to the store, and how it came.
package struct Arrival: Sendable {
    /// How a frame came.
    package enum Kind: Sendable {
        /// An edge of this process made it a moment ago; its name is new, and nothing is looked up.
        case fresh
        /// From the edge that made it; it may have come before.
        case first
        /// From another node, that has it already; it may have come before.
        case copy
        /// A merged frame of single chunks that other nodes have; some may have come before.
        case repair
        /// A journal copy of what a door of this process brings to other nodes; it may have come before.
        case journal
    }

    /// What became of a frame.
    package enum Outcome: Equatable, Sendable {
        /// It is safe in the sense of ``StoreOptions/durability``.
        case stored
        /// It was safe before, or came twice in one commit, which is safe now. Nothing more was written.
        case duplicate
        /// Its name belongs to other content: it is safe under this one.
        case clash(storedAs: FrameID)
        /// It was not kept.
        case failed(StorageFailure)
    }

    /// The frame.
    package var frame: SealedFrame
    /// How it came.
    package var kind: Kind

    /// A frame that came so.
    package init(_ frame: SealedFrame, _ kind: Kind) {
        self.frame = frame
        self.kind = kind
    }
}
