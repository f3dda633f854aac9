internal import Telemetry

/// The body of a goodbye or of a failure: one text for people.
package enum ShortText {
    /// As it is sent.
    package static func encoded(_ text: String) -> [UInt8] {
        var writer = ByteWriter()
        writer.message(text)
        return writer.bytes
    }

    /// What it says, cut to a length that fits a log line.
    package static func decoded(_ bytes: RawSpan) -> String {
        var reader = WireReader(bytes)
        do throws(WireFailure) { return try reader.message() } catch { return "unreadable" }
    }
}

/// The body of a window: how many bytes of frames may be unanswered.
package enum PeerWindow {
    /// As it is sent.
    package static func encoded(_ bytes: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.varint(UInt64(clamping: bytes))
        return writer.bytes
    }

    /// What it says; nil where it says nothing.
    package static func decoded(_ bytes: RawSpan) -> Int? {
        var reader = WireReader(bytes)
        do throws(WireFailure) { return Int(clamping: try reader.varint()) } catch { return nil }
    }
}
