/// The names in `memory.stat` of both cgroup versions that are used here.
///
/// Version 1 has two sets, for the group alone and, with `total_`, for all below it; the second is read.
package enum CgroupMemoryField: String, KernelField {
    case anonymous = "anon"
    case file = "file"
    case kernel = "kernel"
    case kernelStack = "kernel_stack"
    case pageTables = "pagetables"
    case socket = "sock"
    case shared = "shmem"
    case fileMapped = "file_mapped"
    case fileDirty = "file_dirty"
    case fileWriteback = "file_writeback"
    case activeAnonymous = "active_anon"
    case inactiveAnonymous = "inactive_anon"
    case activeFile = "active_file"
    case inactiveFile = "inactive_file"
    case unevictable = "unevictable"
    case slab = "slab"
    case slabReclaimable = "slab_reclaimable"
    case slabUnreclaimable = "slab_unreclaimable"
    case faults = "pgfault"
    case majorFaults = "pgmajfault"
    case pagesScanned = "pgscan"
    case pagesStolen = "pgsteal"
    case totalResident = "total_rss"
    case totalCache = "total_cache"
    case totalShared = "total_shmem"
    case totalMapped = "total_mapped_file"
    case totalDirty = "total_dirty"
    case totalWriteback = "total_writeback"
    case totalSwap = "total_swap"
    case totalInactiveFile = "total_inactive_file"
    case totalActiveFile = "total_active_file"
    case totalFaults = "total_pgfault"
    case totalMajorFaults = "total_pgmajfault"
    case hierarchicalLimit = "hierarchical_memory_limit"

    static let index = NameIndex(Self.allCases.map(\.rawValue))
}

/// Numbers of a `memory.stat`, in bytes and counts.
package typealias CgroupMemoryStat = KernelNumbers<CgroupMemoryField>

extension KernelNumbers<CgroupMemoryField> {
    /// Reads the file.
    package init(parsing text: Span<UInt8>) {
        self.init()
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            if let ordinal = CgroupMemoryField.index.ordinal(of: line.word()), let value = line.number() {
                self.set(ordinal, value)
            }
        }
    }
}
