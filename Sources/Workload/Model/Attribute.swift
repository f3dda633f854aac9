/// A key and its value, as attributes of resources, spans, events, records and points have it.
struct Attribute: Equatable, Sendable {
    var key: String
    var value: AttributeValue

    init(_ key: String, _ value: AttributeValue) {
        self.key = key
        self.value = value
    }

    init(_ key: String, _ text: String) { self.init(key, .text(text)) }

    init(_ key: String, _ integer: Int) { self.init(key, .integer(Int64(integer))) }
}
