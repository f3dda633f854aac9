extension JSONReader {
    /// No honest writer needs more characters for a number; a longer one costs time for nothing.
    private static let numberBytesMax = 1_024

    /// Reads a number at the cursor, which ends up behind it.
    mutating func decimal() throws(JSONFailure) -> JSONDecimal {
        var decimal = JSONDecimal()
        let start = self.offset
        if self.current == UInt8(ascii: "-") {
            decimal.isNegative = true
            self.offset &+= 1
        }
        if self.current == UInt8(ascii: "0") {
            self.offset &+= 1
            // A digit after it would be an octal number of old: RFC 8259, section 6.
            if Self.isDigit(self.current) { throw self.failure(.commaOrObjectEnd) }
        } else {
            try self.digits(of: &decimal, isFraction: false)
        }
        if self.current == UInt8(ascii: ".") {
            self.offset &+= 1
            try self.digits(of: &decimal, isFraction: true)
        }
        if self.current | 0x20 == UInt8(ascii: "e") {
            self.offset &+= 1
            try self.exponent(of: &decimal)
        }
        guard self.offset &- start <= Self.numberBytesMax else { throw self.failure(.shortNumber, at: start) }
        return decimal
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    @inline(__always)
    private mutating func digits(of decimal: inout JSONDecimal, isFraction: Bool) throws(JSONFailure) {
        guard Self.isDigit(self.current) else {
            throw self.failure(isFraction || decimal.isNegative ? .digit : .value)
        }
        repeat {
            let digit = self.current &- UInt8(ascii: "0")
            // Below this bound another digit fits whatever it is.
            if decimal.magnitude < 1_000_000_000_000_000_000 {
                decimal.magnitude = decimal.magnitude &* 10 &+ UInt64(digit)
                if isFraction { decimal.exponent &-= 1 }
            } else if digit == 0 && !isFraction {
                decimal.exponent &+= 1
            } else if decimal.exponent == 0, !isFraction,
                let fits = Self.appending(digit, to: decimal.magnitude)
            {
                decimal.magnitude = fits
            } else {
                decimal.isExact = decimal.isExact && digit == 0
                if !isFraction { decimal.exponent &+= 1 }
            }
            self.offset &+= 1
        } while Self.isDigit(self.current)
    }

    /// The twentieth digit, which fits only up to 18,446,744,073,709,551,615.
    private static func appending(_ digit: UInt8, to magnitude: UInt64) -> UInt64? {
        let (product, isTooLarge) = magnitude.multipliedReportingOverflow(by: 10)
        let (sum, overflows) = product.addingReportingOverflow(UInt64(digit))
        return isTooLarge || overflows ? nil : sum
    }

    private mutating func exponent(of decimal: inout JSONDecimal) throws(JSONFailure) {
        let isNegative = self.current == UInt8(ascii: "-")
        if isNegative || self.current == UInt8(ascii: "+") { self.offset &+= 1 }
        guard Self.isDigit(self.current) else { throw self.failure(.digit) }
        var exponent = 0
        repeat {
            // Far beyond any double, and far from overflow.
            exponent = min(exponent &* 10 &+ Int(self.current &- UInt8(ascii: "0")), 1_000_000)
            self.offset &+= 1
        } while Self.isDigit(self.current)
        decimal.exponent &+= isNegative ? 0 &- exponent : exponent
    }

    /// Reads a number, or a string that holds one, with nothing else in it.
    ///
    /// The mapping of protobuf to JSON writes 64-bit integers as strings and takes both for every number.
    mutating func number() throws(JSONFailure) -> (decimal: JSONDecimal, start: Int) {
        let isQuoted = self.current == UInt8(ascii: "\"")
        if isQuoted { self.offset &+= 1 }
        let start = self.offset
        let decimal = try self.decimal()
        if isQuoted { try self.expect(UInt8(ascii: "\""), .stringEnd) }
        return (decimal, start)
    }

    /// Reads a signed integer within bounds, written as a number or a string.
    mutating func signed(_ range: ClosedRange<Int64>) throws(JSONFailure) -> Int64 {
        let (decimal, start) = try self.number()
        guard let value = decimal.signed, range.contains(value) else {
            throw self.failure(.integer, at: start)
        }
        return value
    }

    /// Reads an unsigned integer up to a maximum, written as a number or a string.
    mutating func unsigned(max: UInt64) throws(JSONFailure) -> UInt64 {
        let (decimal, start) = try self.number()
        guard let value = decimal.unsigned, value <= max else { throw self.failure(.integer, at: start) }
        return value
    }

    /// Reads a double: a number, a string that holds one, or "NaN", "Infinity", "-Infinity".
    mutating func double() throws(JSONFailure) -> Double {
        if self.current == UInt8(ascii: "\"") {
            let start = self.offset
            self.offset &+= 1
            switch self.current {
            case UInt8(ascii: "N"):
                try self.literal("NaN\"", .double)
                return .nan
            case UInt8(ascii: "I"):
                try self.literal("Infinity\"", .double)
                return .infinity
            case UInt8(ascii: "-")
            where self.offset &+ 1 < self.bytes.count
                && self.bytes[self.offset &+ 1] == UInt8(ascii: "I"):
                try self.literal("-Infinity\"", .double)
                return -.infinity
            default:
                self.offset = start
            }
        }
        let (decimal, start) = try self.number()
        if let value = decimal.quickDouble { return value }
        var end = start
        while end < self.offset, self.bytes[end] != UInt8(ascii: "\"") { end &+= 1 }
        let text = String(decoding: (start..<end).map { self.bytes[$0] }, as: UTF8.self)
        guard let value = Double(text), value.isFinite else { throw self.failure(.double, at: start) }
        return value
    }
}
