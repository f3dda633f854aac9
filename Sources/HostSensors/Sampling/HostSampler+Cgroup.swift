extension HostSampler {
    /// Reads the cgroup of the options.
    mutating func readCgroup(hostMemory: UInt64?) -> CgroupReading? {
        self.cgroups?.read(&self.files, hostMemory: hostMemory, ticksPerSecond: self.identity.ticksPerSecond)
    }

    /// The processes of the cgroup of the options.
    mutating func readCgroupProcesses() -> [Int32] {
        guard let cgroups = self.cgroups, cgroups.exists else { return [] }
        return cgroups.processIDs(&self.files)
    }
}
