import Glibc

/// A file system of its own with little room; needs the right to mount.
final class SmallDisk: Sendable {
    let scratch: Scratch

    /// - Parameter bytes: Its size; nil comes back where this user may not mount.
    init?(bytes: Int) {
        guard let scratch = try? Scratch() else { return nil }
        self.scratch = scratch
        guard Self.mount(scratch.path, bytes) else { return nil }
    }

    /// Whether this user may mount.
    static let isPossible: Bool = SmallDisk(bytes: 1 << 20) != nil

    private static func mount(_ path: String, _ bytes: Int) -> Bool {
        let options = "size=\(bytes)"
        return unsafe options.withCString { data in
            unsafe Glibc.mount("tmpfs", path, "tmpfs", 0, data) == 0
        }
    }

    deinit { unsafe umount2(self.scratch.path, Int32(MNT_DETACH)) }
}
