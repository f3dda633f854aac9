internal import Telemetry

/// What a host is called and runs, as a series of its own: a gauge that is always 1, and whose attributes tell.
///
/// Other series of a host name it by its id alone, and those who read them on another host want to know more.
package enum HostInfo {
    /// The series' name.
    package static let name = "neoscope.host.info"
    /// The attribute with the name for people.
    package static let hostName = "host.name"
    /// The attribute with the kernel's release.
    package static let kernel = "os.version"
    /// The attribute with the distribution; absent where it is not known.
    package static let distribution = "os.description"

    /// The series' number of one sample.
    package static func metric(of reading: HostReading, hostName: String) -> HostMetric {
        let distribution = reading.identity.distribution.prettyName
        var attributes = [
            MetricLabel(Self.hostName, hostName), MetricLabel(Self.kernel, reading.identity.kernelRelease),
        ]
        if !distribution.isEmpty { attributes.append(MetricLabel(Self.distribution, distribution)) }
        return HostMetric(name: Self.name, unit: "1", kind: .gauge, attributes: attributes, value: 1)
    }
}
