import Telemetry
import Testing

@testable import HostSensors

@Suite struct HostInfoTests {
    @Test func `a host tells its name and what it runs, once`() {
        var sampler = HostSampler(options: HostSensorOptions(topProcesses: 0))
        let reading = sampler.sample(at: HostSampler.now())
        let metric = HostInfo.metric(of: reading, hostName: "a name")
        #expect(metric.name == HostInfo.name && metric.value == 1 && metric.kind == .gauge)
        #expect(metric.attributes.first == MetricLabel("host.name", "a name"))
        #expect(metric.attributes.contains(MetricLabel("os.version", reading.identity.kernelRelease)))
        #expect(metric.attributes.allSatisfy { !$0.value.isEmpty })
    }
}
