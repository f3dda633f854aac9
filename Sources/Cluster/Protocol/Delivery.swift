package import Telemetry

/// What stands before a frame on the wire.
package struct Delivery: Equatable, Sendable {
    /// Everything of the frame's origin below this number is settled and will not come again.
    package var floor: UInt64
    /// Whether another collector sent it on: then it is taken, and not sent on again.
    package var isForwarded: Bool

    /// What to say of a frame.
    package init(floor: UInt64, isForwarded: Bool = false) {
        self.floor = floor
        self.isForwarded = isForwarded
    }

    /// Appends what goes before the frame.
    package func encode(into writer: inout ByteWriter) {
        writer.byte(self.isForwarded ? 1 : 0)
        writer.varint(self.floor)
    }

    /// Reads what goes before a frame, and tells where the frame begins.
    package static func decoded(_ bytes: RawSpan) throws(WireFailure) -> (Delivery, frameOffset: Int) {
        var reader = WireReader(bytes)
        let isForwarded = try reader.byte() & 1 != 0
        return (Delivery(floor: try reader.varint(), isForwarded: isForwarded), reader.offset)
    }
}

/// What became of a frame.
package struct Outcome: Equatable, Sendable {
    /// The verdicts; numbers stand on the wire.
    package enum Verdict: UInt8, CaseIterable, Sendable {
        /// W nodes hold it: let it go. The answer to a copy: it is held.
        case confirmed = 1
        /// One node holds it: keep it, and send it again.
        case accepted = 2
        /// Nobody took it, for now: send it again later.
        case refused = 3
        /// Its creation lies outside the time in which frames are taken: make it anew.
        case restamp = 4
        /// It lies below its origin's floor: a replay. It was settled before.
        case replay = 5
        /// It is no frame: sending it again cannot help.
        case damaged = 6

        /// The label value of the program's own metrics.
        package var label: String { "\(self)" }
    }

    /// The verdict.
    package var verdict: Verdict
    /// For people; empty where all is well.
    package var message: String

    /// A verdict, with words where something is wrong.
    package init(_ verdict: Verdict, _ message: String = "") {
        self.verdict = verdict
        self.message = message
    }

    /// As it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.byte(self.verdict.rawValue)
        writer.message(self.message)
        return writer.bytes
    }

    /// Reads an outcome; a verdict of a later version reads as `refused`.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        self.verdict = Verdict(rawValue: try reader.byte()) ?? .refused
        self.message = try reader.message()
    }
}
