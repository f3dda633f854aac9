import Telemetry
import Testing

/// Vectors computed with the reference implementation of XXH3; should one ever change, placed data is lost.
@Suite struct KeyTests {
    @Test func `partitions of trace ids never change`() {
        let vectors: [(UInt64, UInt64, Int)] = [
            (0, 0, 226), (0, 1, 496), (0x0af7_6519_16cd_43dd, 0x8448_eb21_1c80_319c, 582),
            (.max, .max, 746), (0x8924_28a0_6b99_7fdf, 0x4f77_ef08_3a11_3a78, 186),
            (0, 0x8448_eb21_1c80_319c, 633),
        ]
        for (high, low, partition) in vectors {
            #expect(Key(TraceID(high: high, low: low)).partition == partition, "\(high) \(low)")
        }
    }

    @Test func `keys of services, hosts and minutes never change`() {
        let vectors: [(Key, UInt64, UInt64, Int)] = [
            (.service("checkout"), 0x75c7_6ea3_6478_b5de, 0xdea2_94db_ab75_4c3c, 409),
            (.service(""), 0x85fe_fc6f_12f3_45b3, 0x9672_0846_b631_026c, 10),
            (.service("größe"), 0xd358_fc6a_5ea8_71a8, 0x2cf7_ee8e_73fb_560e, 215),
            (.host("host-1"), 0x5926_df73_236c_e789, 0x3a49_de17_5d43_0c86, 848),
            (.hostMinute("host-1", minute: 28_333_333), 0x9196_a31e_f1df_056a, 0x99e2_e126_b417_8b71, 892),
        ]
        for (key, high, low, partition) in vectors {
            #expect(key == Key(high: high, low: low))
            #expect(key.partition == partition)
        }
    }

    @Test func `a service and a host of one name have different keys`() {
        #expect(Key.service("a") != Key.host("a"))
        #expect(Key.host("a") != Key.hostMinute("a", minute: 0))
        #expect(Key.hostMinute("a", minute: 1) != Key.hostMinute("a", minute: 2))
    }

    @Test func `random keys spread evenly over all partitions`() {
        var random = SplitMix64(seed: 7)
        var counts: [Int] = Array(repeating: 0, count: Key.partitionCount)
        for _ in 0..<102_400 { counts[Key(high: random.next(), low: random.next()).partition] += 1 }
        #expect(counts.min() ?? 0 > 55 && counts.max() ?? 0 < 155)
    }

    @Test func `keys are ordered as their bytes are`() {
        let ordered = [
            Key(high: 0, low: 1), Key(high: 0, low: .max), Key(high: 1, low: 0), Key(high: .max, low: 0),
        ]
        for (index, left) in ordered.enumerated() {
            for (other, right) in ordered.enumerated() { #expect((left < right) == (index < other)) }
        }
    }
}
