/// The text of a log severity number (logs data model, "Severity Fields").
package enum SeverityName {
    /// The name of a number from 1 to 24; unspecified for any other.
    package static func text(_ number: UInt8) -> String {
        switch number {
        case 1...4: "trace"
        case 5...8: "debug"
        case 9...12: "info"
        case 13...16: "warn"
        case 17...20: "error"
        case 21...24: "fatal"
        default: "unspecified"
        }
    }
}
