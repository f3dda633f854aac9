extension HostSampler {
    /// Reads the processes whose turn it is and lists the top ones.
    ///
    /// A process may end between any two steps; what cannot be read any more is forgotten.
    mutating func readProcesses(into reading: inout HostReading, at instant: Duration) {
        let ids = self.cgroups == nil ? self.files.processIDs() : self.readCgroupProcesses()
        for id in self.processes.begin(ids) {
            let stat = self.files.read(path: "proc/\(id)/stat", isOneRecord: true) {
                ProcessStat(parsing: $0)
            }
            // In another root the id in the file may be that of another namespace; the directory decides.
            guard var stat = stat ?? nil else {
                self.processes.forget(id)
                continue
            }
            stat.processID = id
            var io: ProcessIO?
            var isRefused = false
            if self.processes.wantsIO(id, isKernelThread: stat.isKernelThread) {
                io =
                    self.files.read(path: "proc/\(id)/io", isOneRecord: true) { ProcessIO(parsing: $0) }
                    ?? nil
                isRefused = io == nil
            }
            self.processes.observe(stat, io: io, isIORefused: isRefused, at: instant)
        }
        for id in self.processes.select() {
            let cgroups = self.files.read(path: "proc/\(id)/cgroup") { ProcessCgroups(parsing: $0) }
            let status = self.files.read(path: "proc/\(id)/status", isOneRecord: true) {
                ProcessStatus(parsing: $0)
            }
            self.processes.describe(id, cgroup: cgroups?.mostTelling, status: status)
        }
        reading.processes = self.processes.readings
        reading.processCounts = self.processes.counts
    }
}
