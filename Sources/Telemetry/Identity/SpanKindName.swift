/// The text of a span kind, as attributes and screens show it.
package enum SpanKindName {
    /// The name of a kind; unspecified for numbers that no version has.
    package static func text(_ kind: UInt8) -> String {
        switch kind {
        case 1: "internal"
        case 2: "server"
        case 3: "client"
        case 4: "producer"
        case 5: "consumer"
        default: "unspecified"
        }
    }
}
