import FoundationEssentials
import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@testable import Workload

/// Templates that others made.
@Suite struct PatchPlanTests {
    private func request(_ spans: [OTLPSpan]) throws -> [UInt8] {
        try OTLPExportTraceServiceRequest.with {
            $0.resourceSpans = [.with { $0.scopeSpans = [.with { $0.spans = spans }] }]
        }.serializedBytes()
    }

    private func spans(in bytes: [UInt8]) throws -> [OTLPSpan] { try DecodedSpan.all(in: bytes).map(\.span) }

    private func id(_ byte: UInt8, _ count: Int) -> [UInt8] { Array(repeating: byte, count: count) }

    @Test func `links inside the request follow, links out of it stay`() throws {
        let spans: [OTLPSpan] = [
            .with {
                $0.traceID = .init(self.id(1, 16))
                $0.spanID = .init(self.id(1, 8))
                $0.links = [
                    .with { ($0.traceID, $0.spanID) = (.init(self.id(2, 16)), .init(self.id(1, 8))) },
                    .with { ($0.traceID, $0.spanID) = (.init(self.id(9, 16)), .init(self.id(9, 8))) },
                ]
            },
            .with { ($0.traceID, $0.spanID) = (.init(self.id(2, 16)), .init(self.id(1, 8))) },
        ]
        var patched = PatchedBatch(template: try self.request(spans), seed: 1)
        patched.refresh(at: now)
        let fresh = try self.spans(in: patched.bytes)
        #expect(fresh[0].links[0].traceID == fresh[1].traceID)
        #expect(fresh[0].links[0].spanID == fresh[1].spanID)
        #expect(fresh[0].links[1] == spans[0].links[1])
        // The same span id in two traces is two ids.
        #expect(fresh[0].spanID != fresh[1].spanID)
    }

    @Test func `absent parents change together, and unknown times stay unknown`() throws {
        let spans: [OTLPSpan] = ([3, 4] as [UInt8]).map { byte in
            .with {
                $0.traceID = .init(self.id(1, 16))
                $0.spanID = .init(self.id(byte, 8))
                $0.parentSpanID = .init(self.id(7, 8))
            }
        }
        var patched = PatchedBatch(template: try self.request(spans), seed: 1)
        patched.refresh(at: now)
        let fresh = try self.spans(in: patched.bytes)
        #expect(fresh[0].parentSpanID == fresh[1].parentSpanID)
        #expect(fresh[0].parentSpanID != spans[0].parentSpanID)
        #expect(fresh.allSatisfy { $0.startTimeUnixNano == 0 && $0.endTimeUnixNano == 0 })
    }

    @Test func `damaged ids stay as they are and are counted`() throws {
        let spans: [OTLPSpan] = [
            .with { ($0.traceID, $0.spanID) = (.init(self.id(0, 16)), .init(self.id(1, 8))) },
            .with { ($0.traceID, $0.spanID) = (.init(self.id(1, 15)), .init(self.id(1, 8))) },
            .with { ($0.traceID, $0.spanID) = (.init(self.id(1, 16)), .init(self.id(0, 8))) },
            .with { $0.traceID = .init(self.id(1, 16)) },
        ]
        let template = try self.request(spans)
        var patched = PatchedBatch(template: template, seed: 1)
        patched.refresh(at: now)
        #expect(patched.bytes == template)
        #expect(patched.batch.damagedCount == 4 && patched.spanCount == 4 && patched.traceIDs == [])
    }

    @Test func `bytes that are no request stay as they are`() {
        for bytes in [[], [0], [0xff, 0xff], [10, 200, 1], Array("no protobuf at all".utf8)] as [[UInt8]] {
            var patched = PatchedBatch(template: bytes, seed: 1)
            patched.refresh(at: now)
            #expect(patched.bytes == bytes)
            #expect(patched.spanCount == 0)
        }
    }

    @Test func `no mutation of a request makes a refresh fail`() {
        let template = PatchedBatch.benchmark(seed: 1, spans: 20).bytes
        var random = SplitMix64(seed: 99)
        for _ in 0..<2_000 {
            var bytes = template
            for _ in 0...random.below(4) {
                let index = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes[index] = UInt8(random.below(256))
                case 1: bytes.remove(at: index)
                default: bytes.removeLast(random.below(bytes.count / 2))
                }
            }
            var patched = PatchedBatch(template: bytes, seed: 1)
            patched.refresh(at: now)
            #expect(patched.bytes.count == bytes.count, "seed 99")
        }
    }
}
