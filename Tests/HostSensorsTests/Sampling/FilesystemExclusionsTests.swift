import Testing

@testable import HostSensors

@Suite struct FilesystemExclusionsTests {
    private func mounts(_ lines: [(point: String, type: String)]) -> [MountEntry] {
        let text = lines.map { "1 0 8:1 / \($0.point) rw - \($0.type) dev rw\n" }.joined()
        return parse(text) { MountEntry.list(parsing: $0) }
    }

    @Test func `pseudo, remote and user space filesystems are left alone`() {
        let mounts = self.mounts([
            ("/", "ext4"), ("/proc", "proc"), ("/net", "nfs4"), ("/share", "cifs"), ("/s3", "fuse.s3fs"),
            ("/srv", "xfs"), ("/var/lib/docker/x", "ext4"), ("/dev/shm", "tmpfs"), ("/devices", "ext4"),
        ])
        let visible = FilesystemExclusions().visible(in: mounts)
        #expect(visible.map(\.mountPoint) == ["/", "/srv", "/devices"])
    }

    @Test func `of mounts at one place the last counts, even if it is excluded`() {
        let mounts = self.mounts([("/a", "ext4"), ("/b", "ext4"), ("/a", "xfs"), ("/b", "nfs")])
        let visible = FilesystemExclusions().visible(in: mounts)
        #expect(visible.map(\.type) == ["xfs"])
    }

    @Test func `exclusions can be emptied, but user space stays out`() {
        let mounts = self.mounts([("/proc", "proc"), ("/x", "fuse.sshfs")])
        let exclusions = FilesystemExclusions(types: [], directories: [])
        #expect(exclusions.visible(in: mounts).map(\.type) == ["proc"])
    }
}
