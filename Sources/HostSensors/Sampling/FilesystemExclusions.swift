/// Which mounted filesystems are left alone.
package struct FilesystemExclusions: Equatable, Sendable {
    /// Types that hold no data of their own: those node_exporter leaves out by default, and a few more.
    package static let pseudoTypes: Set<String> = [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs",
        "efivarfs",
        "erofs", "fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "procfs", "pstore",
        "ramfs",
        "rootfs", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs",
    ]

    /// Types whose data is elsewhere: asking for their size may block for as long as the server is away.
    package static let remoteTypes: Set<String> = [
        "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "fuse", "fuseblk", "gfs", "gfs2", "glusterfs",
        "gpfs",
        "lustre", "ncpfs", "nfs", "nfs4", "nfsd", "ocfs2", "orangefs", "panfs", "smb3", "smbfs", "sshfs",
        "vboxsf",
        "virtiofs",
    ]

    /// Directories below which mounts belong to the system or to containers, as in node_exporter and more.
    package static let systemDirectories = [
        "/dev", "/proc", "/run", "/sys", "/var/lib/docker", "/var/lib/containers/storage",
        "/var/lib/kubelet/pods",
    ]

    /// Types left out, by their exact names.
    package var types: Set<String>
    /// Directories left out, with all below them.
    package var directories: [String]

    /// Makes exclusions, by default pseudo and remote types and the system's directories.
    package init(
        types: Set<String> = Self.pseudoTypes.union(Self.remoteTypes),
        directories: [String] = Self.systemDirectories
    ) {
        self.types = types
        self.directories = directories
    }

    /// Whether a mount is left out.
    ///
    /// What a daemon in user space serves (`fuse.*`) always is: the daemon may hang, and the sensors with it.
    func excludes(_ mount: MountEntry) -> Bool {
        if self.types.contains(mount.type) || mount.type.hasPrefix("fuse.") { return true }
        return self.directories.contains { directory in
            mount.mountPoint == directory || mount.mountPoint.hasPrefix(directory + "/")
        }
    }

    /// The mounts to ask for their space: the last at each place, for it hides those before.
    func visible(in mounts: [MountEntry]) -> [MountEntry] {
        var seen: Set<String> = []
        var visible: [MountEntry] = []
        for mount in mounts.reversed() where seen.insert(mount.mountPoint).inserted && !self.excludes(mount) {
            visible.append(mount)
        }
        return visible.reversed()
    }
}
