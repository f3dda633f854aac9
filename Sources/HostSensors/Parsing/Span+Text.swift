extension Span<UInt8> {
    /// Whether the bytes are exactly those of a literal.
    func equals(_ literal: StaticString) -> Bool {
        self.count == literal.utf8CodeUnitCount && self.starts(with: literal)
    }

    /// Whether the first bytes are those of a literal.
    func starts(with literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard self.count >= count, literal.hasPointerRepresentation else { return false }
        for index in 0..<count {
            guard unsafe literal.utf8Start[index] == self[index] else { return false }
        }
        return true
    }

    /// The bytes as text; what is not UTF-8 becomes U+FFFD.
    var text: String {
        unsafe self.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The position of the last `byte`, if any.
    func lastIndex(of byte: UInt8) -> Int? {
        var index = self.count
        while index > 0 {
            index &-= 1
            if self[index] == byte { return index }
        }
        return nil
    }
}
