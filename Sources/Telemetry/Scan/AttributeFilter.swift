/// Decides per attribute key, in a few nanoseconds, whether anybody wants it.
///
/// The first and last four bytes of a key and its length give a place in a table; nearly all keys find it empty and
/// are done. Only then are bytes compared. No hashing of whole keys, no allocation, no reference counting.
package struct AttributeFilter: Sendable {
    private struct Entry: Sendable {
        var offset: Int
        var length: Int
        var meaning: AttributeMeaning
    }

    /// Open addressing: one plus the index of an entry, or zero; at most a quarter full.
    private var buckets: [UInt16] = Array(repeating: 0, count: 512)
    private var entries: [Entry] = []
    private var prefixes: [Entry] = []
    /// One bit per hashed first four bytes of a prefix.
    private var prefixHeads: UInt64 = 0
    private var text: [UInt8] = []

    /// A filter that wants nothing.
    package init() {}

    /// Adds a key; one that ends in `*` stands for all keys that begin so.
    ///
    /// A key that was added before gets the new meaning. Keys of fewer than four bytes before the star are not
    /// supported and are ignored.
    package mutating func add(_ key: String, _ meaning: AttributeMeaning) {
        let isPrefix = key.hasSuffix("*")
        let bytes = Array(isPrefix ? key.dropLast().utf8 : key[...].utf8)
        guard bytes.count >= 4, bytes.count <= Int(UInt16.max), self.entries.count < Int(UInt16.max) - 1
        else { return }
        let entry = Entry(offset: self.text.count, length: bytes.count, meaning: meaning)
        if isPrefix {
            self.text.append(contentsOf: bytes)
            self.prefixes.append(entry)
            self.prefixHeads |= Self.bit(bytes.raw.word32(at: 0))
        } else if let known = self.find(bytes.raw, 0..<bytes.count) {
            self.entries[known].meaning = meaning
        } else {
            self.text.append(contentsOf: bytes)
            self.entries.append(entry)
            if self.entries.count * 4 > self.buckets.count {
                self.rebuild()
            } else {
                self.place(self.entries.count - 1)
            }
        }
    }

    /// The meaning of the key at a range, which must lie inside the bytes; nil where nobody wants it.
    @inline(__always)
    func meaning(_ bytes: RawSpan, _ key: Range<Int>) -> AttributeMeaning? {
        guard key.count >= 4 else { return nil }
        let place = Self.hash(bytes, key) & (self.buckets.count &- 1)
        guard self.buckets[place] != 0 || self.prefixHeads & Self.bit(bytes.word32(at: key.lowerBound)) != 0
        else {
            return nil
        }
        return self.slowMeaning(bytes, key)
    }

    @inline(never)
    private func slowMeaning(_ bytes: RawSpan, _ key: Range<Int>) -> AttributeMeaning? {
        if let index = self.find(bytes, key) { return self.entries[index].meaning }
        for index in self.prefixes.indices where self.prefixes[index].length <= key.count {
            let head = key.lowerBound..<key.lowerBound + self.prefixes[index].length
            if bytes.extracting(head).equals(self.bytes(of: self.prefixes[index])) {
                return self.prefixes[index].meaning
            }
        }
        return nil
    }

    private func find(_ bytes: RawSpan, _ key: Range<Int>) -> Int? {
        let mask = self.buckets.count - 1
        var place = Self.hash(bytes, key) & mask
        while self.buckets[place] != 0 {
            let index = Int(self.buckets[place]) - 1
            if bytes.extracting(key).equals(self.bytes(of: self.entries[index])) { return index }
            place = (place + 1) & mask
        }
        return nil
    }

    @_lifetime(borrow self)
    private func bytes(of entry: Entry) -> RawSpan {
        self.text.raw.extracting(entry.offset..<entry.offset + entry.length)
    }

    private mutating func place(_ index: Int) {
        let mask = self.buckets.count - 1
        let entry = self.entries[index]
        var place = Self.hash(self.text.raw, entry.offset..<entry.offset + entry.length) & mask
        while self.buckets[place] != 0 { place = (place + 1) & mask }
        self.buckets[place] = UInt16(truncatingIfNeeded: index + 1)
    }

    private mutating func rebuild() {
        self.buckets = Array(repeating: 0, count: self.buckets.count * 2)
        for index in self.entries.indices { self.place(index) }
    }

    /// A hash of the first and last four bytes and the length of a key of at least four.
    @inline(__always)
    private static func hash(_ bytes: RawSpan, _ key: Range<Int>) -> Int {
        let ends =
            UInt64(bytes.word32(at: key.lowerBound)) << 32 | UInt64(bytes.word32(at: key.upperBound &- 4))
        let mixed =
            (ends ^ UInt64(truncatingIfNeeded: key.count) &* 0xff51_afd7_ed55_8ccd) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: mixed >> 40)
    }

    @inline(__always)
    private static func bit(_ head: UInt32) -> UInt64 { 1 << UInt64((head &* 0x9e37_79b1) >> 26) }
}
