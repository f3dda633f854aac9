internal import Glibc
internal import NIOCore

/// Turns names into addresses, by the system's resolver.
package enum PeerNames {
    /// All addresses behind `host:port`, as `address:port`, each once, in the resolver's order.
    ///
    /// What is an address already, or cannot be resolved, stays as it is: whoever calls it hears why it cannot be reached.
    /// Blocks while the resolver asks others; not for an event loop.
    package static func addresses(of seed: String) -> [String] {
        guard let (host, port) = PeerDialer.split(seed),
            (try? SocketAddress(ipAddress: host, port: port)) == nil
        else { return [seed] }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, String(port), &hints, &first) == 0 else { return [seed] }
        defer { unsafe freeaddrinfo(first) }
        var found: [String] = []
        var next = unsafe first
        while let entry = unsafe next {
            if let text = unsafe Self.text(of: entry.pointee, port), !found.contains(text) {
                found.append(text)
            }
            unsafe next = entry.pointee.ai_next
        }
        return found.isEmpty ? [seed] : found
    }

    private static func text(of entry: addrinfo, _ port: Int) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let count = socklen_t(buffer.count)
        let result = unsafe getnameinfo(
            entry.ai_addr,
            entry.ai_addrlen,
            &buffer,
            count,
            nil,
            0,
            NI_NUMERICHOST
        )
        guard result == 0 else { return nil }
        let host = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
