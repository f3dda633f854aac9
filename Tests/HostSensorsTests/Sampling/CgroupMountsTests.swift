import Testing

@testable import HostSensors

@Suite struct CgroupMountsTests {
    private func mounts(_ text: String) -> CgroupMounts {
        CgroupMounts(parse(text) { MountEntry.list(parsing: $0) })
    }

    private let hybrid = """
        30 21 0:25 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755
        31 30 0:26 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup rw
        38 30 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
        41 30 0:36 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory

        """

    @Test func `in hybrid mode each controller has its own directory`() {
        let mounts = self.mounts(self.hybrid)
        #expect(mounts.v1("cpuacct", "/a") == "/sys/fs/cgroup/cpu,cpuacct/a")
        #expect(mounts.v1("memory", "/") == "/sys/fs/cgroup/memory")
        #expect(mounts.v1("pids", "/a") == nil)
        #expect(mounts.v2("/a") == "/sys/fs/cgroup/unified/a")
    }

    @Test func `inside a container the mount shows the container's own group`() {
        let mounts = self.mounts(
            "83 82 0:19 /docker/3fc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
        )
        #expect(mounts.v1("memory", "/docker/3fc/x") == "/sys/fs/cgroup/memory/x")
        #expect(mounts.v1("memory", "/docker/3fc") == "/sys/fs/cgroup/memory")
        #expect(mounts.v1("memory", "/") == "/sys/fs/cgroup/memory")
        #expect(mounts.v1("memory", "/docker/3fcd") == "/sys/fs/cgroup/memory/docker/3fcd")
    }

    @Test(arguments: [
        ("/a/b", "/a/b"), ("a/b/", "/a/b"), ("/", "/"), ("", "/"), ("/sys/fs/cgroup/memory/a", "/a"),
        ("/sys/fs/cgroup/unified", "/"), ("/sys/fs/cgroup/cpu,cpuacct/x/y/", "/x/y"),
    ])
    func `a path is taken as people write it`(given: String, path: String) {
        #expect(self.mounts(self.hybrid).normalized(given) == path)
    }

    @Test func `a group's lineage ends at the root`() {
        #expect(CgroupMounts.lineage(of: "/a/b/c") == ["/a/b/c", "/a/b", "/a", "/"])
        #expect(CgroupMounts.lineage(of: "/") == ["/"])
    }

    @Test func `without mounts nothing is found`() {
        let mounts = self.mounts("")
        #expect(mounts.v2("/") == nil)
        #expect(mounts.normalized("/sys/fs/cgroup/a") == "/sys/fs/cgroup/a")
    }
}
