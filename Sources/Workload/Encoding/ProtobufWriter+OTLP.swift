/// The messages that all three signals share (common.proto, resource.proto).
extension ProtobufWriter {
    /// A KeyValue under the field number that the enclosing message has for its attributes.
    mutating func attribute(_ number: UInt64, _ attribute: Attribute) {
        self.message(number) { pair in
            pair.text(1, attribute.key)
            pair.anyValue(2, attribute.value)
        }
    }

    mutating func attributes(_ number: UInt64, _ attributes: [Attribute]) {
        for attribute in attributes { self.attribute(number, attribute) }
    }

    mutating func anyValue(_ number: UInt64, _ value: AttributeValue) {
        self.message(number) { any in
            switch value {
            case .text(let text): any.text(1, text)
            case .flag(let flag): any.integer(2, flag ? 1 : 0)
            case .integer(let integer): any.integer(3, UInt64(bitPattern: integer))
            case .number(let number): any.double(4, number)
            case .texts(let texts):
                any.message(5) { array in
                    for text in texts { array.message(1) { $0.text(1, text) } }
                }
            }
        }
    }

    /// The Resource of a resource group.
    mutating func resource(_ attributes: [Attribute]) {
        self.message(1, reserving: 2) { $0.attributes(1, attributes) }
    }

    /// The InstrumentationScope of a scope group.
    mutating func scope(_ scope: Scope) {
        self.message(1) { message in
            message.text(1, scope.name)
            message.text(2, scope.version)
        }
    }
}
