/// Writes JSON text (RFC 8259) as compact UTF-8, appending to one array of bytes.
///
/// Commas come by themselves. Whoever calls it balances begin and end, and writes a key before each member's value;
/// ``object(_:)`` and ``array(_:)`` cannot be left unbalanced.
package struct JSONWriter: Sendable {
    /// What was written so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Makes a writer that has written nothing.
    ///
    /// - Parameter capacityBytes: how much room to take at once.
    package init(capacityBytes: Int = 256) {
        self.bytes.reserveCapacity(capacityBytes)
    }

    /// Starts an object.
    package mutating func beginObject() {
        self.separate()
        self.bytes.append(UInt8(ascii: "{"))
        self.needsComma = false
    }

    /// Ends the innermost object.
    package mutating func endObject() {
        self.bytes.append(UInt8(ascii: "}"))
        self.needsComma = true
    }

    /// Starts an array.
    package mutating func beginArray() {
        self.separate()
        self.bytes.append(UInt8(ascii: "["))
        self.needsComma = false
    }

    /// Ends the innermost array.
    package mutating func endArray() {
        self.bytes.append(UInt8(ascii: "]"))
        self.needsComma = true
    }

    /// Writes an object with what the body writes in it.
    package mutating func object<Failure: Error>(
        _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        self.beginObject()
        try body(&self)
        self.endObject()
    }

    /// Writes an array with what the body writes in it.
    package mutating func array<Failure: Error>(
        _ body: (inout JSONWriter) throws(Failure) -> Void
    ) throws(Failure) {
        self.beginArray()
        try body(&self)
        self.endArray()
    }

    /// Writes an array with one value for each element.
    package mutating func array<Element, Failure: Error>(
        of elements: some Sequence<Element>,
        _ body: (inout JSONWriter, Element) throws(Failure) -> Void
    ) throws(Failure) {
        self.beginArray()
        for element in elements { try body(&self, element) }
        self.endArray()
    }

    /// Writes the name of the member whose value comes next.
    package mutating func key(_ name: String) {
        self.string(name)
        self.bytes.append(UInt8(ascii: ":"))
        self.needsComma = false
    }

    /// Writes the name of the member whose value comes next, known to need no escapes.
    mutating func key(plain name: [UInt8]) {
        self.separate()
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(contentsOf: name)
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(UInt8(ascii: ":"))
        self.needsComma = false
    }

    /// Writes a value that is JSON already.
    package mutating func value(encoded json: [UInt8]) {
        self.separate()
        self.bytes.append(contentsOf: json)
        self.needsComma = true
    }

    /// Writes a null.
    package mutating func null() {
        self.token("null")
    }

    /// Writes true or false.
    package mutating func boolean(_ value: Bool) {
        self.token(value ? "true" : "false")
    }

    /// Writes a text, escaped as needed.
    package mutating func string(_ text: String) {
        self.string(utf8: text.utf8.span)
    }

    /// Writes a text that comes as bytes; what is not UTF-8 becomes U+FFFD.
    package mutating func string(utf8 text: borrowing Span<UInt8>) {
        self.quoted { $0.appendEscaped(text) }
    }

    /// Writes between quotes what the body appends as plain bytes.
    mutating func quoted(_ body: (inout JSONWriter) -> Void) {
        self.separate()
        self.bytes.append(UInt8(ascii: "\""))
        body(&self)
        self.bytes.append(UInt8(ascii: "\""))
        self.needsComma = true
    }

    /// Writes a token that is a value by itself.
    mutating func token(_ text: StaticString) {
        self.separate()
        self.append(text)
        self.needsComma = true
    }

    /// Appends plain bytes within a value.
    mutating func append(_ text: StaticString) {
        unsafe self.bytes.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        )
    }

    /// Appends one byte within a value.
    mutating func append(_ byte: UInt8) {
        self.bytes.append(byte)
    }

    /// Lets a function append to the bytes, within a value.
    mutating func appending(_ body: (inout [UInt8]) -> Void) {
        body(&self.bytes)
    }

    /// Starts a value of plain bytes; ``endValue()`` ends it.
    mutating func beginValue() {
        self.separate()
    }

    /// Ends a value of plain bytes.
    mutating func endValue() {
        self.needsComma = true
    }

    private mutating func separate() {
        if self.needsComma { self.bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func appendEscaped(_ text: borrowing Span<UInt8>) {
        var index = 0
        while index < text.count {
            let plainEnd = JSONText.plainEnd(of: text, from: index, to: text.count)
            let run = text.extracting(index..<plainEnd)
            unsafe run.withUnsafeBufferPointer { unsafe self.bytes.append(contentsOf: $0) }
            index = plainEnd
            guard index < text.count else { return }
            let byte = text[index]
            guard byte >= 0x80 else {
                self.appendEscape(of: byte)
                index &+= 1
                continue
            }
            guard let length = JSONText.characterLength(in: text, at: index, to: text.count) else {
                self.append("\u{FFFD}")
                index &+= 1
                continue
            }
            for _ in 0..<length {
                self.bytes.append(text[index])
                index &+= 1
            }
        }
    }

    private mutating func appendEscape(of byte: UInt8) {
        self.bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): self.bytes.append(byte)
        case 0x08: self.bytes.append(UInt8(ascii: "b"))
        case 0x09: self.bytes.append(UInt8(ascii: "t"))
        case 0x0A: self.bytes.append(UInt8(ascii: "n"))
        case 0x0C: self.bytes.append(UInt8(ascii: "f"))
        case 0x0D: self.bytes.append(UInt8(ascii: "r"))
        default:
            self.append("u00")
            self.bytes.append(JSONText.hexDigit(byte &>> 4))
            self.bytes.append(JSONText.hexDigit(byte & 0xF))
        }
    }
}
