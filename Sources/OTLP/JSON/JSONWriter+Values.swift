extension JSONWriter {
    /// Writes an integer as a number, whatever its size.
    package mutating func integer(_ value: Int64) {
        self.beginValue()
        self.appendDecimal(value)
        self.endValue()
    }

    /// Writes an integer as a number, whatever its size.
    package mutating func integer(_ value: Int) {
        self.integer(Int64(value))
    }

    /// Writes an integer as a number, whatever its size.
    package mutating func integer(_ value: UInt64) {
        self.beginValue()
        self.appendDecimal(magnitude: value)
        self.endValue()
    }

    /// Writes an integer as a string, as protobuf's JSON wants for 64 bits, because readers keep 53.
    package mutating func quotedInteger(_ value: Int64) {
        self.quoted { $0.appendDecimal(value) }
    }

    /// Writes an integer as a string, as protobuf's JSON wants for 64 bits, because readers keep 53.
    package mutating func quotedInteger(_ value: UInt64) {
        self.quoted { $0.appendDecimal(magnitude: value) }
    }

    /// Writes a double with the fewest digits that read back as the same value.
    ///
    /// It always has a point or an exponent, so that it cannot be taken for an integer. What JSON has no number for
    /// becomes the string "NaN", "Infinity" or "-Infinity".
    package mutating func double(_ value: Double) {
        if value.isNaN {
            self.token("\"NaN\"")
        } else if value.isInfinite {
            self.token(value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
        } else {
            self.beginValue()
            self.appending { $0.append(contentsOf: value.description.utf8) }
            self.endValue()
        }
    }

    /// Writes bytes as a string of base64.
    package mutating func base64(_ bytes: some Sequence<UInt8>) {
        self.quoted { writer in writer.appending { Base64.encode(bytes, into: &$0) } }
    }

    /// Writes bytes as a string of lower-case hexadecimal digits, as trace and span ids are shown.
    package mutating func hex(_ bytes: some Sequence<UInt8>) {
        self.quoted { writer in
            for byte in bytes {
                writer.append(JSONText.hexDigit(byte &>> 4))
                writer.append(JSONText.hexDigit(byte & 0xF))
            }
        }
    }

    /// Writes a member whose value is a text.
    package mutating func member(_ name: String, _ value: String) {
        self.key(name)
        self.string(value)
    }

    /// Writes a member whose value is an integer.
    package mutating func member(_ name: String, _ value: Int) {
        self.key(name)
        self.integer(value)
    }

    /// Writes a member whose value is a double.
    package mutating func member(_ name: String, _ value: Double) {
        self.key(name)
        self.double(value)
    }

    /// Writes a member whose value is true or false.
    package mutating func member(_ name: String, _ value: Bool) {
        self.key(name)
        self.boolean(value)
    }

    /// Writes a member whose value is a list of texts.
    package mutating func member(_ name: String, _ values: [String]) {
        self.key(name)
        self.array(of: values) { $0.string($1) }
    }

    private mutating func appendDecimal(_ value: Int64) {
        if value < 0 { self.append(UInt8(ascii: "-")) }
        self.appendDecimal(magnitude: value.magnitude)
    }

    /// Appends decimal digits within a value.
    ///
    /// There are at least `width` of them, filled up with zeros, and at most 20.
    mutating func appendDecimal(magnitude: UInt64, width: Int = 1) {
        var power: UInt64 = 1
        var length = 1
        while length < 20, magnitude / power >= 10 || length < width {
            power &*= 10
            length &+= 1
        }
        while power > 0 {
            self.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: magnitude / power % 10))
            power /= 10
        }
    }
}
