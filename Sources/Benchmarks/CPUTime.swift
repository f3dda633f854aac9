internal import Foundation

/// CPU time of this process.
enum CPUTime {
    /// Seconds of CPU that a body takes, over all threads.
    static func measure(_ body: () throws -> Void) rethrows -> Double {
        let before = self.now
        try body()
        return self.now - before
    }

    static var now: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
