import Glibc
import Synchronization
import Testing

@testable import Node

/// What the service manager is told, as it reads it.
@Suite struct ServiceManagerTests {
    @Test func `a socket is named by its path or in the abstract name space`() {
        #expect(ServiceManager.address(of: "/a") == [1, 0, 0x2f, 0x61])
        #expect(ServiceManager.address(of: "@a") == [1, 0, 0, 0x61])
    }

    @Test(arguments: [
        "", "/", "@", "relative/path", "vsock:2:1234", "/" + String(repeating: "x", count: 107),
    ])
    func `another name is no socket`(name: String) {
        #expect(ServiceManager.address(of: name) == nil)
        #expect(ServiceManager(environment: ["NOTIFY_SOCKET": name]) == nil)
    }

    @Test func `without the variable nobody is told`() { #expect(ServiceManager(environment: [:]) == nil) }

    @Test func `the watchdog counts for the process that it names, or for any`() {
        let half = ["WATCHDOG_USEC": "500000"]
        #expect(ServiceManager.watchdog(half, pid: 7) == .milliseconds(500))
        #expect(ServiceManager.watchdog(half.merging(["WATCHDOG_PID": "7"]) { $1 }, pid: 7) != nil)
        #expect(ServiceManager.watchdog(half.merging(["WATCHDOG_PID": "8"]) { $1 }, pid: 7) == nil)
        for text in ["", "0", "-1", "soon"] {
            #expect(ServiceManager.watchdog(["WATCHDOG_USEC": text], pid: 7) == nil, "\(text)")
        }
        #expect(ServiceManager.watchdog([:], pid: 7) == nil)
    }

    @Test func `a manager that is gone is no failure`() throws {
        let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": "@neoscope-nobody-is-here"]))
        manager.tell(.ready, .alive)
    }
}

/// Signs of life come while all parts answer, and not otherwise.
@Suite struct PulseTests {
    @Test func `a round is over once all parts answered`() {
        let jobs = Mutex<[@Sendable () -> Void]>([])
        let rounds = Mutex(0)
        let pulse = Pulse([
            { job in jobs.withLock { $0.append(job) } }, { job in jobs.withLock { $0.append(job) } },
        ])
        func answer() { jobs.withLock { $0.removeFirst() }() }
        pulse.ask { rounds.withLock { $0 += 1 } }
        answer()
        #expect(rounds.withLock { $0 } == 0)
        // Who has not answered is not asked again.
        pulse.ask { rounds.withLock { $0 += 1 } }
        #expect(jobs.withLock { $0.count } == 1)
        answer()
        #expect(rounds.withLock { $0 } == 1)
        pulse.ask { rounds.withLock { $0 += 1 } }
        answer()
        answer()
        #expect(rounds.withLock { $0 } == 2)
    }

    @Test func `without parts every round is over at once`() {
        let rounds = Mutex(0)
        let pulse = Pulse([])
        for _ in 0..<2 { pulse.ask { rounds.withLock { $0 += 1 } } }
        #expect(rounds.withLock { $0 } == 2)
    }
}
