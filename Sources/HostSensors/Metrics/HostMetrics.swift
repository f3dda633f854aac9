import Telemetry

/// Names the numbers of a reading as the OpenTelemetry conventions do.
///
/// A number that this kernel does not offer has no entry. Names and attributes follow the semantic
/// conventions for `system.*`, `process.*` and `container.*`; load and `*.linux.pressure.*` follow the
/// Collector's host receiver, and `system.linux.*` is ours, for what neither names. Kinds: c counter, g
/// gauge, u updown.
///
/// | name | unit | kind | attributes |
/// |---|---|---|---|
/// | `system.uptime` | s | g | |
/// | `neoscope.host.info` | 1 | g | host.name, os.version, os.description; see ``HostInfo`` |
/// | `system.cpu.time` | s | c | cpu.mode, cpu.logical_number |
/// | `system.cpu.utilization` | 1 | g | cpu.mode |
/// | `system.linux.cpu.busy`, `system.linux.cpu.core.busy` | 1 | g | none; cpu.logical_number |
/// | `system.cpu.physical.count`, `system.cpu.logical.count` | {cpu} | u | |
/// | `system.cpu.load_average.{1m,5m,15m}` | {thread} | g | |
/// | `system.linux.run_queue.{running,blocked}` | {task} | g | |
/// | `system.linux.run_queue.wait_time` | s | c | cpu.logical_number |
/// | `system.linux.{context_switches,interrupts}` | {switch}, {interrupt} | c | |
/// | `system.{cpu,memory,io,irq}.linux.pressure.total` | s | c | system.pressure.stall_type |
/// | `system.{cpu,memory,io,irq}.linux.pressure.{10s,1m,5m}` | 1 | g | system.pressure.stall_type |
/// | `system.memory.usage`, `system.memory.utilization` | By, 1 | u, g | system.memory.state |
/// | `system.memory.limit`, `system.memory.linux.{available,shared}` | By | u | |
/// | `system.memory.linux.slab.usage` | By | u | system.memory.linux.slab.state |
/// | `system.paging.usage`, `system.paging.utilization` | By, 1 | u, g | system.paging.state |
/// | `system.paging.faults` | {fault} | c | system.paging.fault.type |
/// | `system.paging.operations` | {operation} | c | system.paging.direction, system.paging.fault.type |
/// | `system.linux.paging.io` | By | c | system.paging.direction |
/// | `system.linux.memory.oom_kills` | {process} | c | |
/// | `system.disk.{io,operations,merged}` | By, {operation} | c | system.device, disk.io.direction |
/// | `system.disk.operation_time` | s | c | system.device, disk.io.direction |
/// | `system.disk.io_time`, `system.disk.weighted_io_time` | s | c | system.device |
/// | `system.disk.pending_operations` | {operation} | u | system.device |
/// | `system.linux.disk.{await,queue,utilization}` | s, {operation}, 1 | g | system.device |
/// | `system.filesystem.{usage,inodes.usage}` | By, {inode} | u | filesystem's, system.filesystem.state |
/// | `system.filesystem.limit`, `system.filesystem.utilization` | By, 1 | u, g | filesystem's |
/// | `system.network.{io,packet.count}` | By, {packet} | c | interface's |
/// | `system.network.{errors,packet.dropped}` | {error}, {packet} | c | interface's |
/// | `system.linux.network.utilization` | 1 | g | network.interface.name |
/// | `system.network.connection.count` | {connection} | u | network.transport, network.connection.state |
/// | `system.linux.tcp.{segments,retransmits,resets,listen.overflows,listen.drops}` | {segment}, … | c | |
/// | `system.linux.tcp.retransmit_ratio` | 1 | g | |
/// | `system.linux.udp.buffer_errors` | {error} | c | network.io.direction |
/// | `system.linux.sockets.used`, `system.linux.file_descriptors.{used,limit}` | {socket}, {file} | u | |
/// | `system.linux.softnet.{dropped,squeezed}` | {packet}, {event} | c | |
/// | `system.linux.conntrack.{entries,limit}` | {entry} | u | |
/// | `system.linux.clock.{offset,maximum_error,synchronized}` | s, s, 1 | g | |
/// | `system.process.count`, `system.process.created` | {process} | u, c | process.state; none |
/// | `process.cpu.time`, `process.cpu.utilization` | s, 1 | c, g | process's, cpu.mode; process's |
/// | `process.memory.{usage,virtual}`, `process.memory.utilization` | By, 1 | u, g | process's |
/// | `process.linux.memory.swap` | By | u | process's |
/// | `process.disk.io` | By | c | process's, disk.io.direction |
/// | `process.thread.count`, `process.uptime` | {thread}, s | u, g | process's |
/// | `process.context_switches` | {context_switch} | c | process's, process.context_switch.type |
/// | `process.paging.faults` | {fault} | c | process's, system.paging.fault.type |
/// | `container.cpu.time`, `container.cpu.usage` | s, {cpu} | c, g | cgroup, cpu.mode; cgroup |
/// | `container.linux.cpu.{limit,throttled_ratio}` | {cpu}, 1 | g | cgroup |
/// | `container.linux.cpu.{periods,throttled_periods,throttled_time}` | {period}, s | c | cgroup |
/// | `container.memory.{usage,available,rss,working_set}` | By | u | cgroup |
/// | `container.linux.memory.{limit,peak}` | By | g | cgroup |
/// | `container.linux.memory.events` | {event} | c | cgroup, event |
/// | `container.paging.faults` | {fault} | c | cgroup, system.paging.fault.type |
/// | `container.disk.io` | By | c | cgroup, system.device, disk.io.direction |
/// | `container.linux.disk.operations` | {operation} | c | cgroup, system.device, disk.io.direction |
/// | `container.linux.process.{count,limit}` | {process} | u | cgroup |
///
/// An interface's attributes: network.interface.name, network.io.direction. A filesystem's: system.device,
/// system.filesystem.mountpoint, .type and .mode. A process's: process.pid, process.executable.name,
/// process.linux.cgroup; only the top processes are listed. Cgroup: container.linux.cgroup; `container.*` is
/// there when a cgroup is reported as the host.
package enum HostMetrics {
    /// Names everything in a reading.
    ///
    /// The rates say what happened since the reading before; without them, shares and averages are missing.
    package static func metrics(of reading: HostReading, rates: HostRates?) -> [HostMetric] {
        var list = HostMetricList()
        self.addProcessor(reading, rates, to: &list)
        self.addMemory(reading, to: &list)
        self.addPaging(reading, to: &list)
        self.addPressure(reading, to: &list)
        self.addDisks(reading, rates, to: &list)
        self.addFilesystems(reading, to: &list)
        self.addInterfaces(reading, rates, to: &list)
        self.addProtocols(reading, rates, to: &list)
        self.addKernel(reading, to: &list)
        self.addProcesses(reading, to: &list)
        if let cgroup = reading.cgroup {
            self.addContainer(cgroup, reading, rates?.throttling, to: &list)
        }
        return list.metrics
    }
}
