@testable import HostSensors

extension HostReading {
    /// A reading without any numbers, at a second of the monotonic clock.
    static func empty(atSecond second: Int64) -> HostReading {
        HostReading(
            instant: HostInstant(monotonic: .seconds(second), unix: .seconds(1_700_000_000 + second)),
            identity: HostIdentity(hostName: "test")
        )
    }
}
