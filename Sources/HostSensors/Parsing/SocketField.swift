/// Socket counts of `/proc/net/sockstat` and `/proc/net/sockstat6`, named `GROUP_member`.
package enum SocketField: String, KernelField {
    case used = "sockets_used"
    case tcpInUse = "TCP_inuse"
    case tcpOrphans = "TCP_orphan"
    case tcpTimeWait = "TCP_tw"
    case tcpAllocated = "TCP_alloc"
    case tcpMemoryPages = "TCP_mem"
    case udpInUse = "UDP_inuse"
    case udpMemoryPages = "UDP_mem"
    case udpLiteInUse = "UDPLITE_inuse"
    case rawInUse = "RAW_inuse"
    case fragmentsInUse = "FRAG_inuse"
    case fragmentMemory = "FRAG_memory"
    case tcp6InUse = "TCP6_inuse"
    case udp6InUse = "UDP6_inuse"
    case udpLite6InUse = "UDPLITE6_inuse"
    case raw6InUse = "RAW6_inuse"
    case fragments6InUse = "FRAG6_inuse"
    case fragment6Memory = "FRAG6_memory"

    static let index = NameIndex(Self.allCases.map(\.rawValue))
}

/// Sockets of one network namespace at this moment.
package typealias SocketCounts = KernelNumbers<SocketField>

extension KernelNumbers<SocketField> {
    /// Adds what one of the two files says: `TCP: inuse 1 orphan 0 …`.
    mutating func read(_ text: Span<UInt8>) {
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            let group = line.text(until: UInt8(ascii: ":"))
            while !line.isAtEnd {
                let member = line.word()
                guard !member.isEmpty else { break }
                guard let value = line.number() else { continue }
                if let ordinal = SocketField.index.ordinal(of: member, in: group) { self.set(ordinal, value) }
            }
        }
    }
}
