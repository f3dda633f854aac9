@testable import HostSensors

/// Runs a parser over text as if a file held it.
func parse<Value>(_ text: String, _ parser: (Span<UInt8>) -> Value) -> Value {
    parse(Array(text.utf8), parser)
}

/// Runs a parser over bytes as if a file held them.
func parse<Value>(_ bytes: [UInt8], _ parser: (Span<UInt8>) -> Value) -> Value {
    parser(bytes.span)
}
