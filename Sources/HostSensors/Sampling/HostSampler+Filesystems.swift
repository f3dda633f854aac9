import Glibc

extension HostSampler {
    /// More mounts than this are no disks but somebody's containers; the rest is left out.
    private static let filesystemsMax = 256

    /// The space of each filesystem that is not excluded.
    ///
    /// Asking a local filesystem looks only at what is in memory.
    func readFilesystems() -> [FilesystemReading] {
        let visible = self.options.filesystems.visible(in: self.mounts)
        return visible.prefix(Self.filesystemsMax).compactMap { mount in
            let path = self.isOwnRoot ? mount.mountPoint : self.options.root + mount.mountPoint
            guard self.isOwnRoot || Self.isSameFilesystem(path, mount) else { return nil }
            return FilesystemReading(
                device: mount.source == "/dev/root" ? self.rootDevice(of: mount) : mount.source,
                mountPoint: mount.mountPoint,
                type: mount.type,
                isReadOnly: mount.isReadOnly,
                space: Self.space(at: path)
            )
        }
    }

    /// Whether what lies at a path under another root is the filesystem that the mount table means.
    ///
    /// Where only `proc` and `sys` are given, the directories are this machine's own. Filesystems with a
    /// device number per volume cannot be told and are believed.
    private static func isSameFilesystem(_ path: String, _ mount: MountEntry) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        if mount.type == "btrfs" || mount.type == "zfs" { return true }
        let device = UInt64(status.st_dev)
        return Self.major(device) == mount.major && Self.minor(device) == mount.minor
    }

    // Swift's view of glibc lacks <sys/sysmacros.h>; this is its layout of a device number.
    private static func major(_ device: UInt64) -> UInt64 {
        (device >> 8) & 0xfff | (device >> 32) & ~0xfff
    }

    private static func minor(_ device: UInt64) -> UInt64 {
        device & 0xff | (device >> 12) & ~0xff
    }

    /// The kernel's own name of the device behind `/dev/root`, a name that exists nowhere.
    private func rootDevice(of mount: MountEntry) -> String {
        let link = (self.isOwnRoot ? "" : self.options.root) + "/sys/dev/block/\(mount.major):\(mount.minor)"
        let target = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { bytes -> String in
            guard let start = bytes.baseAddress else { return "" }
            let count = unsafe readlink(link, start, bytes.count)
            guard count > 0 else { return "" }
            return unsafe String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return target.split(separator: "/").last.map { "/dev/" + $0 } ?? mount.source
    }

    private static func space(at path: String) -> FilesystemReading.Space? {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        let block = UInt64(status.f_frsize)
        return FilesystemReading.Space(
            sizeBytes: UInt64(status.f_blocks) &* block,
            freeBytes: UInt64(status.f_bfree) &* block,
            availableBytes: UInt64(status.f_bavail) &* block,
            files: UInt64(status.f_files),
            filesFree: UInt64(status.f_ffree)
        )
    }
}
