package import Telemetry

/// Names the numbers of a reading as node_exporter does, so that its dashboards and alerts work unchanged.
///
/// Names, labels, types and units are those of node_exporter 1.5 with its default collectors; the help texts
/// are ours. A family whose numbers this kernel does not offer is left out, as there. When a cgroup is
/// reported as the host, cAdvisor's `container_*` families for it come on top, and processor time carries
/// `cpu="cgroup"`.
///
/// Left out on purpose: hardware collectors (hwmon, mdadm, NFS, ZFS …), addresses and serial numbers, and the
/// exporter's numbers about itself.
package enum NodeExposition {
    /// All families of a reading, in a fixed order.
    package static func families(of reading: HostReading) -> [MetricFamily] {
        var list = MetricFamilyList()
        self.addProcessor(reading, to: &list)
        self.addMemory(reading, to: &list)
        self.addPressure(reading, to: &list)
        self.addDisks(reading, to: &list)
        self.addFilesystems(reading, to: &list)
        self.addInterfaces(reading, to: &list)
        self.addNetwork(reading, to: &list)
        self.addKernel(reading, to: &list)
        self.addClock(reading, to: &list)
        if let cgroup = reading.cgroup { self.addContainer(cgroup, to: &list) }
        return list.families
    }
}
