import Telemetry

extension NodeExposition {
    /// Interfaces: counters and links.
    static func addInterfaces(_ reading: HostReading, to list: inout MetricFamilyList) {
        func add(
            _ name: String,
            _ kind: MetricFamily.Kind,
            _ help: String,
            _ value: (InterfaceReading) -> Double?
        ) {
            list.add(
                "node_network_" + name,
                kind,
                help,
                reading.interfaces,
                labels: { [MetricLabel("device", $0.name)] },
                value: value
            )
        }
        func count(_ name: String, _ help: String, _ counter: KeyPath<InterfaceCounters, UInt64?>) {
            add(name, .counter, help) { $0.counters[keyPath: counter].map { Double($0) } }
        }
        count("receive_bytes_total", "Bytes received.", \.received.bytes)
        count("receive_packets_total", "Packets received.", \.received.packets)
        count("receive_errs_total", "Packets received damaged.", \.received.errors)
        count("receive_drop_total", "Packets received and dropped.", \.received.drops)
        count("receive_fifo_total", "Packets lost for want of buffers in the card.", \.received.fifoErrors)
        count("receive_frame_total", "Packets received misaligned.", \.received.frameErrorsOrCollisions)
        count(
            "receive_compressed_total",
            "Compressed packets received.",
            \.received.compressedOrCarrierLosses
        )
        count("receive_multicast_total", "Multicast packets received.", \.received.multicastOrCompressed)
        count("transmit_bytes_total", "Bytes sent.", \.sent.bytes)
        count("transmit_packets_total", "Packets sent.", \.sent.packets)
        count("transmit_errs_total", "Packets that could not be sent.", \.sent.errors)
        count("transmit_drop_total", "Packets dropped before they were sent.", \.sent.drops)
        count("transmit_fifo_total", "Packets not sent for want of buffers in the card.", \.sent.fifoErrors)
        count("transmit_colls_total", "Collisions while sending.", \.sent.frameErrorsOrCollisions)
        count(
            "transmit_carrier_total",
            "Times the carrier was lost while sending.",
            \.sent.compressedOrCarrierLosses
        )
        count("transmit_compressed_total", "Compressed packets sent.", \.sent.multicastOrCompressed)
        add("up", .gauge, "Whether the link is up.") { interface in
            interface.link.operationalState.map { $0 == "up" ? 1 : 0 }
        }
        add("carrier", .gauge, "Whether the link has a carrier.") { interface in
            interface.link.hasCarrier.map { $0 ? 1 : 0 }
        }
        add("carrier_changes_total", .counter, "Times the carrier came or went.") {
            $0.link.carrierChanges.map { Double($0) }
        }
        add("mtu_bytes", .gauge, "Largest packet of the link, in bytes.") {
            $0.link.mtuBytes.map { Double($0) }
        }
        add("speed_bytes", .gauge, "Speed of the link, in bytes per second; negative if unknown.") {
            $0.link.speedMegabits.map { Double($0) * 125_000 }
        }
        add("transmit_queue_length", .gauge, "Packets that may wait to be sent.") {
            $0.link.queueLength.map { Double($0) }
        }
    }

    /// Fields that are sampled for their own sake and that node_exporter does not show.
    private static let unexposed: Set<NetworkField> = [
        .tcpAttemptFails, .tcpEstablishedResets, .tcpLostRetransmit, .tcpReceiveQueueDrops, .tcpBacklogDrops,
    ]

    /// Protocols, sockets and what the cores take from the cards.
    static func addNetwork(_ reading: HostReading, to list: inout MetricFamilyList) {
        for (field, value) in reading.network.present where !self.unexposed.contains(field) {
            list.add("node_netstat_" + field.rawValue, .unknown, value, "\(field.rawValue) of /proc/net.")
        }
        for (field, value) in reading.sockets.present {
            list.add(
                "node_sockstat_" + field.rawValue,
                .gauge,
                value,
                "\(field.rawValue) of /proc/net/sockstat."
            )
            guard field == .tcpMemoryPages || field == .udpMemoryPages else { continue }
            let bytes = Double(value) * Double(reading.identity.pageBytes)
            list.add("node_sockstat_\(field.rawValue)_bytes", .gauge, bytes, "\(field.rawValue) in bytes.")
        }
        func softnet(_ name: String, _ help: String, _ counter: KeyPath<SoftnetCounters, UInt64>) {
            list.add(
                "node_softnet_\(name)_total",
                .counter,
                help,
                reading.softnet,
                labels: { [MetricLabel("cpu", String($0.core))] },
                value: { Double($0[keyPath: counter]) }
            )
        }
        softnet("processed", "Packets taken from the network cards.", \.processed)
        softnet("dropped", "Packets dropped because the backlog was full.", \.dropped)
        softnet("times_squeezed", "Times packets had to be left for later.", \.squeezed)
        if let tracking = reading.connectionTracking {
            list.add("node_nf_conntrack_entries", .gauge, tracking.entries, "Connections tracked.")
            list.add(
                "node_nf_conntrack_entries_limit",
                .gauge,
                tracking.limit,
                "Connections that can be tracked."
            )
        }
    }
}
