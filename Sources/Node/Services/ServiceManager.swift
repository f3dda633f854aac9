internal import Glibc
internal import NIOCore

/// The service manager that started this process, as systemd: is told how the process is doing.
///
/// The protocol is that of sd_notify(3): lines of `NAME=VALUE`, one datagram a call, to the socket that the variable
/// NOTIFY_SOCKET names, by its path or, behind an `@`, in the abstract name space. Nothing is ever read from it. May be called
/// from any thread; a call waits at most a second for a manager that does not read.
package final class ServiceManager: Sendable {
    /// What a process tells.
    package enum News: Equatable, Sendable {
        /// Everything listens, or a reload has ended.
        case ready
        /// Credentials are being read again; ``ready`` follows.
        case reloading
        /// It was asked to end, or has to.
        case stopping
        /// It is alive: all its parts answered.
        case alive
        /// One line for people.
        case status(String)
    }

    /// Time after which a process that was not heard of as alive is taken for hung; nil where nobody watches.
    package let watchdog: Duration?
    private let address: [UInt8]
    private let descriptor: Int32

    /// Finds the manager that an environment names; nil where it names none that can be spoken to.
    ///
    /// - Parameter environment: NOTIFY_SOCKET; WATCHDOG_USEC in microseconds, which counts only where WATCHDOG_PID is absent or
    ///   names this process.
    package init?(environment: [String: String]) {
        guard let name = environment["NOTIFY_SOCKET"], let address = Self.address(of: name) else {
            return nil
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        self.address = address
        self.descriptor = descriptor
        self.watchdog = Self.watchdog(environment, pid: getpid())
    }

    /// The bytes of a socket's address, family first; nil for a name that is neither a path nor abstract, or too long.
    static func address(of name: String) -> [UInt8]? {
        var path = Array(name.utf8)
        guard path.count > 1, path.count < 108, path[0] == UInt8(ascii: "/") || path[0] == UInt8(ascii: "@")
        else { return nil }
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        let family = UInt16(AF_UNIX)
        return [UInt8(truncatingIfNeeded: family), UInt8(truncatingIfNeeded: family >> 8)] + path
    }

    /// How long the manager waits for a sign of life; nil where it does not, or watches another process.
    static func watchdog(_ environment: [String: String], pid: Int32) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0,
            environment["WATCHDOG_PID"].map({ $0 == "\(pid)" }) ?? true
        else { return nil }
        return .microseconds(microseconds)
    }

    /// Tells the manager something; one that is gone is no failure.
    package func tell(_ news: News...) {
        let bytes = Array(news.map(Self.text).joined(separator: "\n").utf8)
        _ = unsafe bytes.withUnsafeBytes { message in
            unsafe self.address.withUnsafeBytes { address in
                unsafe sendto(
                    self.descriptor,
                    message.baseAddress,
                    message.count,
                    Int32(MSG_NOSIGNAL),
                    address.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                    socklen_t(address.count)
                )
            }
        }
    }

    private static func text(_ news: News) -> String {
        switch news {
        case .ready: "READY=1"
        case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(Self.monotonicMicroseconds())"
        case .stopping: "STOPPING=1"
        case .alive: "WATCHDOG=1"
        // A line feed would begin another variable.
        case .status(let text): "STATUS=" + text.map { $0.isNewline ? " " : String($0) }.joined()
        }
    }

    /// Newer managers tell by it which reload a later READY=1 belongs to.
    private static func monotonicMicroseconds() -> Int64 {
        Int64(clamping: NIODeadline.now().uptimeNanoseconds / 1000)
    }

    deinit { close(self.descriptor) }
}
