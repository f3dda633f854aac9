/// Numbers of `/proc/meminfo`, in bytes; huge pages are counts.
package typealias MemoryInfo = KernelNumbers<MemoryField>

extension KernelNumbers<MemoryField> {
    /// Reads the file.
    package init(parsing text: Span<UInt8>) {
        self.init()
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            let name = line.text(until: UInt8(ascii: ":"))
            guard let ordinal = MemoryField.index.ordinal(of: name), let value = line.number() else {
                continue
            }
            // Only huge pages come without the unit.
            guard line.word().equals("kB") else {
                if MemoryField.allCases[ordinal].isCount { self.set(ordinal, value) }
                continue
            }
            let (bytes, overflow) = value.multipliedReportingOverflow(by: 1024)
            self.set(ordinal, overflow ? nil : bytes)
        }
    }

    /// Memory that programs could still get without swapping.
    ///
    /// Kernels before 3.14 do not say; there it is free memory and caches less what is shared, which errs
    /// by the low watermark. Never above the total.
    package var availableBytes: UInt64? {
        guard let total = self[.memTotal] else { return nil }
        if let available = self[.memAvailable] { return min(available, total) }
        guard let free = self[.memFree] else { return nil }
        let caches = (self[.buffers] ?? 0) &+ (self[.cached] ?? 0) &+ (self[.slabReclaimable] ?? 0)
        let shared = min(self[.shared] ?? 0, caches)
        return min(total, free &+ (caches &- shared))
    }

    /// Memory that is not available, from 0 to the total.
    package var usedBytes: UInt64? {
        guard let total = self[.memTotal], let available = self.availableBytes else { return nil }
        return total &- available
    }

    /// Swap in use.
    package var swapUsedBytes: UInt64? {
        guard let total = self[.swapTotal], let free = self[.swapFree], free <= total else { return nil }
        return total &- free
    }
}
