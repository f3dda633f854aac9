/// What the host sensors look at.
package struct HostSensorOptions: Equatable, Sendable {
    /// The directory that holds the `proc` and `sys` to read, by default the machine's own, `/`.
    ///
    /// In a container, mount the host's root read-only and name it here. Filesystems are then looked up below
    /// it too, and the network is that of the host's first process where that may be read.
    package var root: String
    /// A cgroup to report as the host, by its path below the hierarchies' roots, as
    /// `/system.slice/db.service`.
    ///
    /// A path that starts with `/sys/fs/cgroup` is accepted too. While the group does not exist, nothing of
    /// it is reported. By default nil: the whole host.
    package var cgroup: String?
    /// How many processes are listed by processor time, by memory and by storage IO each; default 10, 0 for
    /// none.
    package private(set) var topProcesses: Int
    /// Filesystems that are left alone; by default pseudo and remote ones.
    package var filesystems: FilesystemExclusions

    /// The most processes that can be listed under each heading.
    package static let topProcessesMax = 100

    /// Makes options; `topProcesses` is brought into 0 to ``topProcessesMax``.
    package init(
        root: String = "/",
        cgroup: String? = nil,
        topProcesses: Int = 10,
        filesystems: FilesystemExclusions = FilesystemExclusions()
    ) {
        self.root = root
        self.cgroup = cgroup
        self.topProcesses = min(max(0, topProcesses), Self.topProcessesMax)
        self.filesystems = filesystems
    }
}
