import Testing

@testable import HostSensors

@Suite struct PressureTests {
    @Test func `averages become shares and totals stay microseconds`() {
        let pressure = parse("some avg10=12.50 avg60=2.00 avg300=0.00 total=15\nfull avg10=0.20 total=25\n") {
            Pressure(parsing: $0)
        }
        #expect(pressure?.some?.average10 == 0.125)
        #expect(pressure?.some?.average300 == 0)
        #expect(pressure?.some?.totalMicroseconds == 15)
        #expect(pressure?.full?.totalMicroseconds == 25)
        #expect(pressure?.full?.average60 == nil)
    }

    @Test func `an old kernel's processor pressure has no full line`() {
        let pressure = parse("some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n") { Pressure(parsing: $0) }
        #expect(pressure?.some != nil)
        #expect(pressure?.full == nil)
    }

    @Test(arguments: ["", "\n", "none avg10=1.00 total=1", "0", "someavg10=1"])
    func `a file without either line is no pressure`(text: String) {
        #expect(parse(text) { Pressure(parsing: $0) } == nil)
    }

    @Test func `garbled pairs cost themselves alone`() {
        let pressure = parse("some avg10=x avg60 =3 total=-1 avg300=1.00\n") { Pressure(parsing: $0) }
        #expect(pressure?.some?.average10 == nil)
        #expect(pressure?.some?.totalMicroseconds == nil)
        #expect(pressure?.some?.average300 == 0.01)
    }

    @Test(.enabled(if: RecordedTrees.exist))
    func `recorded pressure files give their numbers`() {
        let file = "prometheus-procfs/fixtures/proc/pressure/memory"
        let pressure = parse(RecordedTrees.bytes(file)) { Pressure(parsing: $0) }
        #expect(pressure?.some?.average300 == 0.0385)
        #expect(pressure?.full?.totalMicroseconds == 25)
    }
}
