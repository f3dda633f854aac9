/// What a `google.rpc.Status` may carry in its details, and how that is named and written.
enum RPCDetail {
    /// The type URL of a `google.rpc.RetryInfo` within an `Any`.
    static let retryInfoURL = "type.googleapis.com/google.rpc.RetryInfo"

    /// The JSON form of a `google.protobuf.Duration`: seconds with 0, 3, 6 or 9 digits after the point, and an s.
    static func text(seconds: Int64, nanoseconds: Int32) -> String {
        let isNegative = seconds < 0 || nanoseconds < 0
        let sign = isNegative ? "-" : ""
        var text = sign + String(seconds.magnitude)
        let fraction = nanoseconds.magnitude % 1_000_000_000
        if fraction != 0 {
            let digits = String(fraction)
            var padded = String(repeating: "0", count: 9 - digits.utf8.count) + digits
            while padded.hasSuffix("000") { padded.removeLast(3) }
            text += "." + padded
        }
        return text + "s"
    }
}
