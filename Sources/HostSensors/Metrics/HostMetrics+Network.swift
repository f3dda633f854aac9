import Telemetry

extension HostMetrics {
    /// Interfaces: what they moved and lost.
    static func addInterfaces(_ reading: HostReading, _ rates: HostRates?, to list: inout HostMetricList) {
        for interface in reading.interfaces {
            let name = MetricLabel("network.interface.name", interface.name)
            for (direction, counters) in [
                ("receive", interface.counters.received), ("transmit", interface.counters.sent),
            ] {
                let attributes = [name, MetricLabel("network.io.direction", direction)]
                list.counter("system.network.io", "By", counters.bytes, attributes)
                list.counter("system.network.packet.count", "{packet}", counters.packets, attributes)
                list.counter("system.network.errors", "{error}", counters.errors, attributes)
                list.counter("system.network.packet.dropped", "{packet}", counters.drops, attributes)
            }
        }
        for interface in rates?.interfaces ?? [] {
            let name = [MetricLabel("network.interface.name", interface.name)]
            list.gauge("system.linux.network.utilization", "1", interface.utilization, name)
        }
    }

    /// TCP, UDP, sockets, and where packets get lost inside the kernel.
    static func addProtocols(_ reading: HostReading, _ rates: HostRates?, to list: inout HostMetricList) {
        let network = reading.network
        list.counter("system.linux.tcp.segments", "{segment}", network[.tcpOutSegments])
        list.counter("system.linux.tcp.retransmits", "{segment}", network[.tcpRetransmitted])
        list.counter("system.linux.tcp.resets", "{segment}", network[.tcpOutResets])
        list.counter("system.linux.tcp.listen.overflows", "{connection}", network[.tcpListenOverflows])
        list.counter("system.linux.tcp.listen.drops", "{connection}", network[.tcpListenDrops])
        list.gauge("system.linux.tcp.retransmit_ratio", "1", rates?.tcp.retransmitRatio)
        for (direction, fields) in [
            ("receive", [NetworkField.udpReceiveBufferErrors, .udp6ReceiveBufferErrors]),
            ("transmit", [.udpSendBufferErrors, .udp6SendBufferErrors]),
        ] {
            let errors = CounterStep.sum(fields.map { network[$0] })
            let attributes = [MetricLabel("network.io.direction", direction)]
            list.counter("system.linux.udp.buffer_errors", "{error}", errors, attributes)
        }
        let sockets = reading.sockets
        let states = [
            ("established", network[.tcpEstablished]), ("time_wait", sockets[.tcpTimeWait]),
            ("orphaned", sockets[.tcpOrphans]),
        ]
        for (state, count) in states {
            let attributes = [
                MetricLabel("network.transport", "tcp"), MetricLabel("network.connection.state", state),
            ]
            list.updown("system.network.connection.count", "{connection}", count, attributes)
        }
        list.updown("system.linux.sockets.used", "{socket}", sockets[.used])
        if !reading.softnet.isEmpty {
            let dropped = reading.softnet.reduce(0) { $0 &+ $1.dropped }
            let squeezed = reading.softnet.reduce(0) { $0 &+ $1.squeezed }
            list.counter("system.linux.softnet.dropped", "{packet}", dropped)
            list.counter("system.linux.softnet.squeezed", "{event}", squeezed)
        }
    }

    /// Tables of the kernel that can run full, its clock, and how many processes there are.
    static func addKernel(_ reading: HostReading, to list: inout HostMetricList) {
        list.updown("system.linux.file_descriptors.used", "{file}", reading.fileHandles?.allocated)
        list.updown("system.linux.file_descriptors.limit", "{file}", reading.fileHandles?.maximum)
        list.updown("system.linux.conntrack.entries", "{entry}", reading.connectionTracking?.entries)
        list.updown("system.linux.conntrack.limit", "{entry}", reading.connectionTracking?.limit)
        if let clock = reading.clock {
            list.gauge("system.linux.clock.offset", "s", clock.offsetSeconds)
            list.gauge("system.linux.clock.maximum_error", "s", clock.maximumErrorSeconds)
            list.gauge("system.linux.clock.synchronized", "1", clock.isSynchronized ? 1 : 0)
        }
        list.counter("system.process.created", "{process}", reading.cpu.forks)
        let counts = reading.processCounts
        guard counts.total > 0 else { return }
        for (state, count) in [
            ("running", counts.running), ("sleeping", counts.sleeping), ("blocked", counts.blocked),
            ("stopped", counts.stopped), ("defunct", counts.zombie), ("idle", counts.idle),
        ] {
            let attributes = [MetricLabel("process.state", state)]
            list.updown("system.process.count", "{process}", UInt64(count), attributes)
        }
    }
}
