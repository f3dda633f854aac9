internal import Telemetry

/// One thing a chunk can be searched by.
package struct Term: Hashable, Sendable {
    /// Which column; the raw value stands in the index and is versioned with it.
    package enum Field: UInt8, CaseIterable, Sendable {
        case service = 1
        /// `service`, a zero byte, span name.
        case operation = 2
        case session = 3
        case model = 4
        case tool = 5
        case skill = 6
        case host = 7
        case version = 8
        case route = 9
        /// The text of a log severity.
        case severity = 10
        /// `service`, a zero byte, the name of the span kind, a zero byte, span name; for lists only, of no chunks.
        case kindedOperation = 11
    }

    /// The column.
    package var field: Field
    /// The text that is looked for, compared whole.
    package var value: String

    /// A value of a column.
    package init(_ field: Field, _ value: String) {
        self.field = field
        self.value = value
    }

    /// What a service calls one of its operations.
    package static func operation(service: String, name: String) -> Term {
        Term(.operation, service + "\0" + name)
    }

    /// The same of spans of one kind.
    static func operation(service: String, kind: UInt8, name: String) -> Term {
        Term(.kindedOperation, service + "\0" + SpanKindName.text(kind) + "\0" + name)
    }

    /// The column that an attribute is promoted to; nil for most.
    static func field(of meaning: AttributeMeaning) -> Field? {
        switch meaning {
        case .session: .session
        case .responseModel, .requestModel: .model
        case .tool: .tool
        case .skill: .skill
        case .route: .route
        default: nil
        }
    }
}
