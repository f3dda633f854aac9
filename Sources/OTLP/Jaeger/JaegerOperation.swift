/// An operation of a service, in the lists of both of Jaeger's query APIs.
package struct JaegerOperation: Equatable, Sendable {
    /// The spans' name.
    package var name: String
    /// The name of their kind: internal, server, client, producer, consumer; empty where they say none.
    package var kind: String

    /// Makes an operation.
    package init(name: String, kind: String) {
        self.name = name
        self.kind = kind
    }
}

extension JSONWriter {
    mutating func jaegerOperation(_ operation: JaegerOperation) {
        self.object { body in
            body.member("name", operation.name)
            body.member("spanKind", operation.kind)
        }
    }
}
