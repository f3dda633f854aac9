/// Who the host is; does not change between readings.
package struct HostIdentity: Equatable, Sendable {
    /// As `web-3`; for people, not unique.
    package var hostName: String
    /// The NIS domain, mostly `(none)`.
    package var domainName: String
    /// The kernel's name, as `Linux`.
    package var system: String
    /// The kernel's release, as `6.1.0-13-amd64`.
    package var kernelRelease: String
    /// When and how the kernel was built.
    package var kernelVersion: String
    /// As `x86_64`.
    package var machine: String
    /// Empty where there is no `os-release`.
    package var distribution: OSRelease
    /// Bytes of a memory page.
    package var pageBytes: UInt64
    /// The unit of processor times in the kernel's files.
    package var ticksPerSecond: UInt64

    /// An identity of which only the units are known.
    package init(hostName: String = "", pageBytes: UInt64 = 4096, ticksPerSecond: UInt64 = 100) {
        self.hostName = hostName
        self.domainName = ""
        self.system = ""
        self.kernelRelease = ""
        self.kernelVersion = ""
        self.machine = ""
        self.distribution = OSRelease()
        self.pageBytes = pageBytes
        self.ticksPerSecond = ticksPerSecond
    }
}
