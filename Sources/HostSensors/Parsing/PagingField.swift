/// The counters of `/proc/vmstat` that tell of paging and of memory shortage, since boot.
package enum PagingField: String, KernelField {
    case oomKill = "oom_kill"
    case pagedIn = "pgpgin"
    case pagedOut = "pgpgout"
    case swappedIn = "pswpin"
    case swappedOut = "pswpout"
    case faults = "pgfault"
    case majorFaults = "pgmajfault"
    case scannedByKswapd = "pgscan_kswapd"
    case scannedDirectly = "pgscan_direct"
    case stolenByKswapd = "pgsteal_kswapd"
    case stolenDirectly = "pgsteal_direct"
    case stallsNormal = "allocstall_normal"
    case stallsMovable = "allocstall_movable"
    case compactionStalls = "compact_stall"
    case refaultsAnonymous = "workingset_refault_anon"
    case refaultsFile = "workingset_refault_file"

    static let index = NameIndex(Self.allCases.map(\.rawValue))

    /// Whether node_exporter shows it by default.
    var isExposed: Bool {
        switch self {
        case .oomKill, .pagedIn, .pagedOut, .swappedIn, .swappedOut, .faults, .majorFaults: true
        default: false
        }
    }
}

/// Counters of `/proc/vmstat`; `pgpgin` and `pgpgout` are in KiB, `pswpin` and `pswpout` in pages.
package typealias PagingCounters = KernelNumbers<PagingField>

extension KernelNumbers<PagingField> {
    /// Reads the file.
    package init(parsing text: Span<UInt8>) {
        self.init()
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            if let ordinal = PagingField.index.ordinal(of: line.word()), let value = line.number() {
                self.set(ordinal, value)
            }
        }
    }
}
