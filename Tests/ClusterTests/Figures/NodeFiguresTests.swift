import Cluster
import Telemetry
import Testing

@Suite struct NodeFiguresTests {
    /// Figures in which every field has a value of its own.
    private static var full: NodeFigures {
        var agent = AgentFigures(.named("web-1"), lastHeard: ClusterTime(nanoseconds: 77))
        (agent.connections, agent.frames, agent.items, agent.bytes) = (1, 2, 3, 4)
        agent.connectedSince = ClusterTime(nanoseconds: 55)
        let away = AgentFigures(.named("web-2"), lastHeard: ClusterTime(nanoseconds: 1))
        return NodeFigures(
            run: RunID(high: 1, low: 2),
            version: "0.1.0",
            hostName: "host",
            hostID: "0123",
            uptimeSeconds: 300,
            process: NodeFigures.Process(
                residentBytes: 1 << 40,
                cpuCores: 0.25,
                certificateSeconds: -86_400,
                sickness: 8
            ),
            load: Signal.allCases.map { NodeFigures.Load(signal: $0, taken: 1.5, copied: 2.5) },
            writes: NodeFigures.Writes(
                framesUnderWay: 1,
                bytesUnderWay: 2,
                owedFrames: 3,
                owedPartitions: [0, 512, 1023],
                foreignChunks: 4
            ),
            store: NodeFigures.Store(
                bytes: 1,
                segments: 2,
                queuedBytes: 3,
                unindexedFrames: 4,
                unindexedSeconds: 5.5,
                unsealedLogs: 6
            ),
            families: [
                MetricFamily(
                    "neoscope_items_dropped_total",
                    help: "Help.",
                    kind: .counter,
                    readings: [MetricReading(3, labels: [MetricLabel("reason", "sampled")])]
                )
            ],
            agents: [agent, away]
        )
    }

    private func decoded(_ bytes: [UInt8]) throws(WireFailure) -> NodeFigures { try NodeFigures(bytes.raw) }

    @Test func `figures come back as they were sent`() throws {
        #expect(try self.decoded(Self.full.encoded) == Self.full)
        let empty = NodeFigures(run: RunID(high: 0, low: 0), version: "", hostName: "", hostID: "")
        #expect(try self.decoded(empty.encoded) == empty)
    }

    @Test func `every cut of an answer is refused, and what a later program adds is skipped`() throws {
        let bytes = Self.full.encoded
        for end in bytes.indices {
            #expect(throws: WireFailure.self, "\(end) bytes") { try self.decoded(Array(bytes[..<end])) }
        }
        #expect(try self.decoded(bytes + [1, 2, 3]) == Self.full)
    }

    @Test func `any byte may change without ending the process`() {
        let bytes = Self.full.encoded
        var refused = 0
        for index in bytes.indices {
            for flip in [UInt8(0x01), 0x80, 0xff] {
                var damaged = bytes
                damaged[index] ^= flip
                do { _ = try self.decoded(damaged) } catch { refused += 1 }
            }
        }
        #expect(refused > 0)
    }

    @Test func `another version, too much, and numbers that are none are refused`() {
        #expect(throws: WireFailure.invalidTag(atByte: 0)) {
            try self.decoded([2] + Self.full.encoded.dropFirst())
        }
        #expect(throws: WireFailure.tooMany(atByte: 0)) {
            try self.decoded([UInt8](repeating: 1, count: NodeFigures.bytesMax + 1))
        }
        var endless = Self.full
        endless.process.cpuCores = .infinity
        #expect(throws: WireFailure.self) { try self.decoded(endless.encoded) }
        var strange = Self.full
        strange.writes.owedPartitions = [1024]
        #expect(throws: WireFailure.self) { try self.decoded(strange.encoded) }
    }

    @Test func `a long host name is cut, and does not make a node silent`() throws {
        var long = Self.full
        long.hostName = String(repeating: "ä", count: 300)
        #expect(try self.decoded(long.encoded).hostName == String(repeating: "ä", count: 127))
    }

    @Test func `the question cannot be taken for a read`() {
        #expect(NodeFigures.isAsked(by: NodeFigures.question))
        // A read begins with its version, 1.
        #expect(!NodeFigures.isAsked(by: [1, 4]) && !NodeFigures.isAsked(by: []))
        #expect(NodeFigures.isAsked(by: [0x80, 99]))
    }
}
