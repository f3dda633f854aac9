/// Files that hold one or two bare numbers.
enum Scalars {
    /// The first word as a whole number; `max` and garbage are nil.
    static func number(_ text: Span<UInt8>) -> UInt64? {
        var text = TextCursor(text)
        return text.number()
    }

    /// The first word as a number with a sign, as a link's speed, which is -1 when unknown.
    static func signedNumber(_ text: Span<UInt8>) -> Int64? {
        var text = TextCursor(text)
        return text.signedNumber()
    }

    /// The first word as a fraction, as the seconds in `/proc/uptime`.
    static func decimal(_ text: Span<UInt8>) -> Double? {
        var text = TextCursor(text)
        return text.decimal()
    }

    /// The first line as text without the blanks around it.
    static func firstLine(_ text: Span<UInt8>) -> String {
        var text = TextCursor(text)
        text.skipBlanks()
        let line = text.line().rest
        var end = line.count
        while end > 0, line[end &- 1] <= UInt8(ascii: " ") { end &-= 1 }
        return line.extracting(0..<end).text
    }

    /// How many processors a list such as `0-3,8` names; nil if it names none.
    static func processorCount(_ text: Span<UInt8>) -> Int? {
        let processors = self.processors(text)
        return processors.isEmpty ? nil : processors.count
    }

    /// The numbers in a list such as `0-3,8`, in the order given; parts that are garbage are left out.
    static func processors(_ text: Span<UInt8>) -> [Int] {
        // The kernel's own limit is 8,192; a damaged file must not make us allocate more.
        let limit = 1 << 16
        var words = TextCursor(text)
        var list = TextCursor(words.word())
        var numbers: [Int] = []
        while !list.isAtEnd, numbers.count < limit {
            var part = TextCursor(list.text(until: UInt8(ascii: ",")))
            var first = TextCursor(part.text(until: UInt8(ascii: "-")))
            guard let low = first.number().flatMap(Int.init(exactly:)), low < limit else { continue }
            let high = part.isAtEnd ? low : (part.number().flatMap(Int.init(exactly:)) ?? 0)
            guard high >= low, high < limit else { continue }
            numbers += low...high
        }
        return numbers
    }
}
