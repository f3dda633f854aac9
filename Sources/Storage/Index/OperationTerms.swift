internal import Telemetry

/// Posting lists of (service, span name), found by a hash of the name's bytes without making a string per span.
struct OperationTerms: Sendable {
    private struct Operation {
        var hash: UInt64
        var service: UInt32
        var name: Range<Int>
        /// One bit per span kind that was met.
        var kinds: UInt8 = 0
        var postings = Postings()
    }

    private var operations: [Operation] = []
    private var arena: [UInt8] = []
    private var buckets: [UInt32] = Array(repeating: 0, count: 1024)

    mutating func add(service: UInt32, name: RawSpan, kind: UInt8, chunk: UInt32) {
        let hash = ContentHash.hash64(name, seed: UInt64(service))
        let index = self.find(hash, service, name) ?? self.insert(hash, service, name)
        self.operations[index].kinds |= 1 << min(kind, 7)
        self.operations[index].postings.add(chunk)
    }

    /// The lists under the text of their terms.
    func terms(_ names: [String]) -> [(term: Term, postings: Postings)] {
        self.operations.flatMap { operation in
            let name = String(decoding: self.arena[operation.name], as: UTF8.self)
            let service = Int(operation.service) < names.count ? names[Int(operation.service)] : ""
            let kinds = (UInt8(0)..<8).filter { operation.kinds & 1 << $0 != 0 }.map { kind in
                (term: Term.operation(service: service, kind: kind, name: name), postings: Postings())
            }
            return [(Term.operation(service: service, name: name), operation.postings)] + kinds
        }
    }

    /// The chunks of one operation.
    func chunks(_ term: Term, _ names: [String]) -> [UInt32] {
        let parts = term.value.split(separator: "\0", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return [] }
        let place = names.firstIndex(of: String(parts[0])).map { UInt32(truncatingIfNeeded: $0) }
        // A span without a resource has no service, and its term begins with an empty one.
        guard let service = parts[0].isEmpty ? SearchColumns.Row.noName : place else { return [] }
        let name = Array(parts[1].utf8)
        let hash = ContentHash.hash64(name.raw, seed: UInt64(service))
        guard let index = self.find(hash, service, name.raw) else { return [] }
        return self.operations[index].postings.chunks
    }

    private func find(_ hash: UInt64, _ service: UInt32, _ name: RawSpan) -> Int? {
        let mask = self.buckets.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while self.buckets[place] != 0 {
            let index = Int(self.buckets[place] - 1)
            if self.operations[index].hash == hash, self.operations[index].service == service,
                self.arena.raw.extracting(self.operations[index].name).equals(name)
            {
                return index
            }
            place = (place + 1) & mask
        }
        return nil
    }

    private mutating func insert(_ hash: UInt64, _ service: UInt32, _ name: RawSpan) -> Int {
        let start = self.arena.count
        unsafe name.withUnsafeBytes { unsafe self.arena.append(contentsOf: $0) }
        self.operations.append(Operation(hash: hash, service: service, name: start..<self.arena.count))
        if self.operations.count * 2 > self.buckets.count {
            self.buckets = Array(repeating: 0, count: self.buckets.count * 2)
            for index in self.operations.indices { self.place(index) }
        } else {
            self.place(self.operations.count - 1)
        }
        return self.operations.count - 1
    }

    private mutating func place(_ index: Int) {
        let mask = self.buckets.count - 1
        var place = Int(truncatingIfNeeded: self.operations[index].hash) & mask
        while self.buckets[place] != 0 { place = (place + 1) & mask }
        self.buckets[place] = UInt32(truncatingIfNeeded: index + 1)
    }
}
