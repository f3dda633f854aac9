/// Packets one core has taken from the network cards.
///
/// Source: `/proc/net/softnet_stat`.
package struct SoftnetCounters: Equatable, Sendable {
    /// The kernel's number of the core.
    package var core: Int
    /// Packets taken.
    package var processed: UInt64
    /// Lost because the core's backlog was full.
    package var dropped: UInt64
    /// Times the core had to stop with packets left.
    package var squeezed: UInt64

    /// Reads the file: one line of hexadecimal numbers per core.
    ///
    /// Since 5.10 the thirteenth number says which core; before, it is the line's place, which is wrong
    /// where cores are offline. Lines without the first three numbers are passed over.
    package static func list(parsing text: Span<UInt8>) -> [SoftnetCounters] {
        var cores: [SoftnetCounters] = []
        var text = TextCursor(text)
        var place = 0
        while !text.isAtEnd {
            var line = text.line()
            guard let processed = line.hexadecimal(), let dropped = line.hexadecimal(),
                let squeezed = line.hexadecimal()
            else { continue }
            line.skipWords(9)
            let core = line.hexadecimal().flatMap { $0 < 1 << 20 ? Int($0) : nil } ?? place
            cores.append(
                SoftnetCounters(core: core, processed: processed, dropped: dropped, squeezed: squeezed)
            )
            place &+= 1
        }
        return cores
    }
}
