import Testing

@testable import HostSensors

@Suite struct SmallFilesTests {
    @Test func `load averages and the run queue are read`() {
        let load = parse("0.02 0.04 0.05 1/497 11947\n") { LoadAverage(parsing: $0) }
        #expect(load.oneMinute == 0.02)
        #expect(load.fifteenMinutes == 0.05)
        #expect(load.running == 1)
        #expect(load.threads == 497)
        #expect(parse("x") { LoadAverage(parsing: $0) }.oneMinute == nil)
    }

    @Test func `scheduler lines give running, waiting and turns`() {
        let text = "version 15\ntimestamp 1\ncpu0 1 0 3 4 5 6 2045936778163039 343796328169361 4767485306\n"
        let cores = parse(text + "domain0 3 1 2\ncpu1 1 2 3\n") { SchedulerCounters.list(parsing: $0) }
        #expect(cores.count == 1)
        #expect(cores.first?.runningNanoseconds == 2_045_936_778_163_039)
        #expect(cores.first?.waitingNanoseconds == 343_796_328_169_361)
        #expect(cores.first?.timeslices == 4_767_485_306)
    }

    @Test func `open files come with their limit`() {
        let handles = parse("1024\t0\t1631329\n") { FileHandles(parsing: $0) }
        #expect(handles?.allocated == 1024)
        #expect(handles?.maximum == 1_631_329)
        #expect(parse("1024\t0") { FileHandles(parsing: $0) } == nil)
    }

    @Test func `a distribution's values may be quoted in either way or not at all`() {
        let release = parse(
            "# no\nID=debian\nNAME=\"Debian \\\"12\\\"\"\nVERSION_ID='12' \nPRETTY_NAME=\nVERSION=\"cut"
        ) {
            OSRelease(parsing: $0)
        }
        #expect(release.id == "debian")
        #expect(release.name == "Debian \"12\"")
        #expect(release.versionID == "12")
        #expect(release.prettyName == "")
        #expect(release.version == "cut")
    }

    @Test func `the first line is taken without the blanks around it`() {
        #expect(parse("  up \nno\n") { Scalars.firstLine($0) } == "up")
        #expect(parse("") { Scalars.firstLine($0) } == "")
    }

    @Test func `the kernel's clock words are read in their units`() {
        var words = [Int64](repeating: 0, count: ClockReading.wordCount)
        words[1] = -1500
        words[2] = 65_536
        words[3] = 16_000_000
        words[5] = 0x2001
        words[11] = 10_000
        words[20] = 37
        let clock = ClockReading(state: 0, words: words)
        #expect(clock?.offsetSeconds == -1.5e-6)
        #expect(clock?.frequencyRatio == 1.000001)
        #expect(clock?.maximumErrorSeconds == 16)
        #expect(clock?.isSynchronized == true)
        #expect(clock?.tickSeconds == 0.01)
        #expect(clock?.taiOffsetSeconds == 37)
        words[5] = 0x0040
        #expect(ClockReading(state: 5, words: words)?.isSynchronized == false)
        #expect(ClockReading(state: 0, words: words)?.offsetSeconds == -1.5e-3)
        #expect(ClockReading(state: -1, words: words) == nil)
        #expect(ClockReading(state: 0, words: []) == nil)
    }
}
