import Pipeline
import Telemetry
import Testing

@Suite struct FrameBuilderTests {
    @Test func `items of one key are one chunk, chunks are sorted, order within is kept`() throws {
        for seed in UInt64(1)...60 {
            var random = SplitMix64(seed: seed)
            var builder = FrameBuilder(signal: .spans, compressionLevel: 1)
            let resources = (0..<3).map { builder.envelope([UInt8($0), 7], role: .resource) }
            let scopes = (0..<3).map { builder.envelope([UInt8($0), 8], role: .scope) }
            var expected: [Key: [SealedContent.Item]] = [:]
            for number in 0..<random.below(3000) {
                let key = Key(high: UInt64(random.below(300)), low: 5)
                let resource = random.below(4)
                let scope = random.below(4)
                var item = NewItem(key: key)
                item.resource = resource == 3 ? 0 : resources[resource]
                item.scope = scope == 3 ? 0 : scopes[scope]
                let bytes = Array("item \(number)".utf8)
                builder.add(item, bytes: bytes.raw)
                expected[key, default: []].append(
                    SealedContent.Item(
                        key: key,
                        resource: resource == 3 ? [] : [UInt8(resource), 7],
                        scope: scope == 3 ? [] : [UInt8(scope), 8],
                        bytes: bytes
                    )
                )
            }
            let frames = builder.seal()
            for frame in frames {
                let keys = frame.frame.entries.map(\.key)
                #expect(keys == keys.sorted() && Set(keys).count == keys.count, "seed \(seed)")
            }
            let found = Dictionary(grouping: try SealedContent(frames).items, by: \.key)
            #expect(found == expected, "seed \(seed)")
            #expect(builder.isEmpty && builder.rawBytes == 0 && builder.seal().isEmpty)
        }
    }

    @Test func `an entry knows what its chunk holds`() throws {
        var builder = FrameBuilder(signal: .spans, compressionLevel: 1)
        let names = ["checkout", "GET /"].map { builder.name($0) }
        for number in 0..<4 {
            var item = NewItem(key: Key(high: 1, low: 1))
            item.start = UInt64(100 - number)
            item.end = number == 2 ? 500 : 0
            item.isError = number == 1
            item.isRoot = number == 2
            item.service = number == 2 ? names[0] : names[1]
            item.name = names[1]
            item.units = 10
            builder.add(item, bytes: [1].raw)
        }
        let frame = try #require(builder.seal().first).frame
        let entry = try #require(frame.entries.first)
        #expect(entry.firstStart == 97 && entry.lastEnd == 500)
        #expect(entry.itemCount == 40 && entry.errorCount == 1 && frame.header.itemCount == 40)
        #expect(entry.flags == [.root, .error])
        #expect(frame.name(entry.service) == "checkout" && frame.name(entry.rootName) == "GET /")
    }

    @Test func `many bytes become several frames, each within the limit and with its own tables and names`()
        throws
    {
        var builder = FrameBuilder(signal: .spans, compressionLevel: 1)
        var random = SplitMix64(seed: 3)
        let resources = (0..<40).map { number in
            builder.envelope(Array(repeating: UInt8(number), count: 100)[...], role: .resource)
        }
        var total = 0
        for number in 0..<400 {
            var item = NewItem(key: Key(high: UInt64(number / 2), low: 0))
            item.resource = resources[number / 10]
            item.isRoot = true
            item.name = builder.name("root \(number / 2)")
            let bytes = (0..<8000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            builder.add(item, bytes: bytes.raw)
            total += bytes.count
        }
        let frames = builder.seal()
        #expect(frames.count > total / FrameBuilder.rawBytesMax)
        #expect(frames.map(\.header.id.sequence) == (1...UInt64(frames.count)).map { $0 })
        for frame in frames {
            #expect(Int(frame.header.payloadRawBytes) < FrameBuilder.rawBytesMax + 20_000)
            #expect(frame.header.tableCount < 20)
            #expect(frame.frame.names.count == frame.frame.entries.count)
            for entry in frame.frame.entries {
                #expect(frame.frame.name(entry.rootName) == "root \(entry.key.high)")
            }
        }
        let keys = frames.flatMap { $0.frame.entries.map(\.key) }
        #expect(keys == keys.sorted() && Set(keys).count == keys.count)
        #expect(try SealedContent(frames).items.count == 400)
    }

    @Test func `one chunk alone may be larger than a frame should be`() throws {
        var builder = FrameBuilder(signal: .spans, compressionLevel: 1)
        let bytes = [UInt8](repeating: 3, count: 100_000)
        for _ in 0..<10 { builder.add(NewItem(key: Key(high: 1, low: 1)), bytes: bytes.raw) }
        builder.add(NewItem(key: Key(high: 0, low: 1)), bytes: [1].raw)
        builder.add(NewItem(key: Key(high: 2, low: 1)), bytes: [1].raw)
        let frames = builder.seal()
        #expect(frames.map { $0.frame.entries.count } == [1, 1, 1])
        #expect(try SealedContent(frames).items.count == 12)
    }

    @Test func `names beyond the table's room are unknown, none are wrong`() throws {
        var builder = FrameBuilder(signal: .spans, compressionLevel: 1)
        for number in 0..<66_000 {
            var item = NewItem(key: Key(high: UInt64(number), low: 0))
            item.isRoot = true
            item.name = builder.name("n\(number)")
            builder.add(item, bytes: [1].raw)
        }
        #expect(builder.name("n5") == 5)
        let frames = builder.seal()
        var unknown = 0
        for frame in frames {
            let read = try Frame(frame.bytes.raw)
            for entry in read.entries {
                if let name = read.name(entry.rootName) {
                    #expect(name == "n\(entry.key.high)")
                } else {
                    unknown += 1
                }
            }
        }
        #expect(unknown == 66_000 - 65_535)
    }

    @Test func `equal envelopes share a table, those of another role do not`() {
        var builder = FrameBuilder(signal: .logs, compressionLevel: 1)
        #expect(builder.envelope([1, 2], role: .resource) == 1)
        #expect(builder.envelope([1, 2], role: .scope) == 2)
        #expect(builder.envelope([1, 2], role: .resource) == 1)
        #expect(builder.envelope([], role: .resource) == 3)
        #expect(builder.envelope([9, 1, 2, 9][1..<3], role: .scope) == 2)
    }

    @Test func `frames of the journal say so`() {
        var builder = FrameBuilder(signal: .spans, compressionLevel: 1, isJournal: true)
        builder.add(NewItem(key: Key(high: 1, low: 1)), bytes: [1].raw)
        #expect(builder.seal().allSatisfy { $0.header.flags.contains(.journal) })
    }
}

extension FrameBuilder {
    fileprivate mutating func seal() -> [SealedFrame] {
        var sequence: UInt64 = 0
        return self.seal(run: RunID(high: 1, low: 2), created: ClusterTime(nanoseconds: 3)) {
            sequence += 1
            return sequence
        }
    }
}
