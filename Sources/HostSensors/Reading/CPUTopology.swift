/// How many processors the host has.
package struct CPUTopology: Equatable, Sendable {
    /// Hardware threads that are online.
    package var logical: Int?
    /// Cores with at least one hardware thread online.
    package var physical: Int?

    /// Starts with nothing known.
    package init() {}

    /// Counts distinct (package, core) pairs; a processor that names neither counts as a core of its own.
    init(processors: [(packageID: Int64?, coreID: Int64?)]) {
        guard !processors.isEmpty else { return }
        self.logical = processors.count
        var named: Set<[Int64]> = []
        var unnamed = 0
        for processor in processors {
            if let core = processor.coreID {
                named.insert([processor.packageID ?? 0, core])
            } else {
                unnamed += 1
            }
        }
        self.physical = named.count + unnamed
    }
}
