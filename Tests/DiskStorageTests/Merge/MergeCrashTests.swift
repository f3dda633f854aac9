import Storage
import Telemetry
import TestSupport
import Testing
import Workload

@testable import DiskStorage

/// Each point at which a process can end while a merge puts its result in place.
@Suite struct MergeCrashTests {
    private static let options: @Sendable (inout StoreOptions) -> Void = { options in
        options.segmentBytesMax = 1_500
    }

    @Test(arguments: [false, true])
    func `wherever a merge or a purge is cut off, a start finds the old or the new, and never both`(
        _ isPurge: Bool
    ) async throws {
        let test = try TestStore(nil, Self.options)
        var before = StoreModel()
        var random = SplitMix64(seed: 8)
        let edge = TestEdge()
        var ids: [TraceID] = []
        for _ in 0..<5 {
            let now = test.clock.now
            ids.append(random.traceID())
            let spans = StoreModel.spans(Array(ids.suffix(3)), at: now, &random)
            let logs = StoreModel.logs(ids, at: now, &random)
            let slots = edge.slots(StoreModel.values(&random), at: now)
            test.clock.advance(seconds: 20)
            let later = test.clock.now
            await test.append(try edge.spans(spans, at: later) + edge.logs(logs, at: later) + slots)
            before.add(spans, at: later)
            before.add(logs, at: later)
            try before.add(slotsOf: slots)
        }
        await test.store.seal()
        let old = try Scratch.crashed(test.scratch.path)
        var after = before
        if isPurge {
            _ = try await test.store.purge(trace: ids[2])
            after.purge(ids[2])
        } else {
            // One merge alone, so that the old files and the new ones are those of one step.
            await test.store.merger.run { _ = test.store.mergeOnce(isForced: true) }
        }
        let new = try Scratch.crashed(test.scratch.path)
        await test.store.close()
        let made = new.segmentFiles.filter { !old.segmentFiles.contains($0) }
        let gone = old.segmentFiles.filter { !new.segmentFiles.contains($0) }
        #expect(!made.isEmpty && !gone.isEmpty && made.count % 3 == 0)
        guard !isPurge else {
            return try await Self.checkPurge(old, new, made, before: before, after: after, clock: test.clock)
        }
        let stem = try #require(made.first?.prefix { $0 != "." })
        let result = try new.read("segments/\(stem).seg")

        // While it is written.
        for count in [0, 63, result.count / 2, result.count] {
            let torn = try Scratch.crashed(old.path)
            try torn.write(Array(result.prefix(count)), to: "segments/\(stem).seg.tmp")
            try await Self.check(torn, before, test.clock, "\(count) bytes written")
        }
        // Its index is in place, and it is not.
        let indexed = try Scratch.crashed(old.path)
        for suffix in [".sqlite", ".keys"] {
            try indexed.write(new.read("segments/\(stem)\(suffix)"), to: "segments/\(stem)\(suffix)")
            try await Self.check(Scratch.crashed(indexed.path), before, test.clock, "up to \(suffix)")
        }
        // It is in place, and so is what it replaces, less and less.
        let both = try Scratch.crashed(indexed.path)
        try both.write(result, to: "segments/\(stem).seg")
        try await Self.check(Scratch.crashed(both.path), after, test.clock, "old and new")
        for segment in Set(gone.map { $0.prefix { $0 != "." } }).sorted() {
            for suffix in [".seg", ".keys", ".sqlite"] {
                try both.remove("segments/\(segment)\(suffix)")
                try await Self.check(
                    Scratch.crashed(both.path),
                    after,
                    test.clock,
                    "without \(segment)\(suffix)"
                )
            }
        }
    }

    /// A purge rewrites segment by segment, so any number of them may be new.
    private static func checkPurge(
        _ old: Scratch,
        _ new: Scratch,
        _ made: [String],
        before: StoreModel,
        after: StoreModel,
        clock: TestClock
    ) async throws {
        try await Self.check(Scratch.crashed(old.path), before, clock, "nothing done")
        let all = try Scratch.crashed(old.path)
        for name in made { try all.write(new.read("segments/" + name), to: "segments/" + name) }
        try await Self.check(all, after, clock, "all rewritten, nothing removed")
        try await Self.check(Scratch.crashed(new.path), after, clock, "all done")
    }

    private static func check(
        _ scratch: Scratch,
        _ model: StoreModel,
        _ clock: TestClock,
        _ comment: String
    ) async throws {
        var random = SplitMix64(seed: 3)
        for start in ["first start", "second start"] {
            let test = try TestStore(Scratch.crashed(scratch.path), clock: clock, Self.options)
            try await model.check(test.store, &random, "\(comment), \(start)")
            await test.store.seal()
            let sealed = Set(
                test.store.snapshot().sealed.flatMap { segment in
                    [".seg", ".keys", ".sqlite"].map { Hex.text(segment.id) + $0 }
                }
            )
            await test.store.close()
            #expect(Set(test.scratch.segmentFiles) == sealed, "\(comment)")
            #expect(!test.scratch.segmentFiles.contains { $0.hasSuffix(".tmp") }, "\(comment)")
        }
    }
}
