/// The enumerations of OTLP, with their names.
///
/// OTLP/JSON has integers only; names are what the plain mapping of protobuf writes, and are accepted on input.
enum OTLPEnumeration: Sendable, CaseIterable {
    case spanKind
    case statusCode
    case severityNumber
    case aggregationTemporality

    /// What all names start with.
    private var prefix: StaticString {
        switch self {
        case .spanKind: "SPAN_KIND_"
        case .statusCode: "STATUS_CODE_"
        case .severityNumber: "SEVERITY_NUMBER_"
        case .aggregationTemporality: "AGGREGATION_TEMPORALITY_"
        }
    }

    /// The names without the prefix, in the order of their values from 0.
    private var names: [StaticString] {
        switch self {
        case .spanKind: ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
        case .statusCode: ["UNSET", "OK", "ERROR"]
        case .severityNumber:
            [
                "UNSPECIFIED", "TRACE", "TRACE2", "TRACE3", "TRACE4", "DEBUG", "DEBUG2", "DEBUG3", "DEBUG4",
                "INFO", "INFO2", "INFO3", "INFO4", "WARN", "WARN2", "WARN3", "WARN4", "ERROR", "ERROR2",
                "ERROR3", "ERROR4", "FATAL", "FATAL2", "FATAL3", "FATAL4",
            ]
        case .aggregationTemporality: ["UNSPECIFIED", "DELTA", "CUMULATIVE"]
        }
    }

    /// The value that a full name stands for.
    func value(named name: borrowing Span<UInt8>) -> Int? {
        let prefix = self.prefix
        guard Self.matches(name, from: 0, prefix) else { return nil }
        let start = prefix.utf8CodeUnitCount
        for (value, ending) in self.names.enumerated()
        where name.count &- start == ending.utf8CodeUnitCount && Self.matches(name, from: start, ending) {
            return value
        }
        return nil
    }

    private static func matches(_ name: borrowing Span<UInt8>, from start: Int, _ text: StaticString) -> Bool
    {
        guard name.count &- start >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where unsafe name[start &+ index] != text.utf8Start[index] {
            return false
        }
        return true
    }
}
