internal import Foundation
internal import Telemetry

/// The stable id of a host: its machine id, hashed with a key of ours, so that the original is not spread.
enum HostIdentifier {
    /// The id as 32 hexadecimal digits, of the host whose file system is mounted at a root.
    static func current(root: String) -> String {
        let prefix = root.hasSuffix("/") ? String(root.dropLast()) : root
        for path in ["/etc/machine-id", "/var/lib/dbus/machine-id"] {
            if let text = try? String(contentsOfFile: prefix + path, encoding: .utf8), text.count >= 32 {
                return self.hashed(text.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
        return self.hashed("name:" + ProcessInfo.processInfo.hostName)
    }

    private static func hashed(_ text: String) -> String {
        let (high, low) = ContentHash.hash128(Array(("neoscope host " + text).utf8).raw)
        return Hex.text(high) + Hex.text(low)
    }
}
