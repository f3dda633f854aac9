/// What `/sys/class/net/<interface>` says; up to ten seconds old.
package struct LinkState: Equatable, Sendable {
    /// As `up`, `down`, `unknown`.
    package var operationalState: String?
    /// Whether the other end is there; nil while the link is switched off.
    package var hasCarrier: Bool?
    /// Largest packet.
    package var mtuBytes: UInt64?
    /// Megabits per second; nil or negative where the driver does not know.
    package var speedMegabits: Int64?
    /// Times the carrier came or went.
    package var carrierChanges: UInt64?
    /// Packets that may wait to be sent.
    package var queueLength: UInt64?
    /// Whether hardware, real or the hypervisor's, stands behind it.
    package var isDevice = false

    /// Bytes that can pass in each direction per second.
    package var speedBytesPerSecond: Double? {
        guard let speed = self.speedMegabits, speed > 0 else { return nil }
        return Double(speed) * 125_000
    }
}
