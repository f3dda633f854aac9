internal import HostSensors
internal import OTLP

extension JSONWriter {
    /// The host as last sampled; shares from 0 to 1, sizes in bytes, times in seconds.
    mutating func host(_ host: HostSummary) {
        self.beginObject()
        self.member("name", host.hostName)
        self.member("kernel", host.kernel)
        self.member("distribution", host.distribution)
        self.key("cores")
        self.optional(host.cores)
        self.key("uptime_seconds")
        self.optional(host.uptimeSeconds)
        self.key("cpu_utilization")
        self.optional(host.cpuUtilization)
        self.key("load")
        self.array { list in
            list.optional(host.load?.oneMinute)
            list.optional(host.load?.fiveMinutes)
            list.optional(host.load?.fifteenMinutes)
        }
        self.pressures(host)
        self.memory(host.memory)
        self.disks(host)
        self.network(host.network)
        self.key("throttled_ratio")
        self.optional(host.throttledRatio)
        self.key("clock_synchronized")
        if let isSynchronized = host.clockIsSynchronized { self.boolean(isSynchronized) } else { self.null() }
        for (name, list) in [
            ("top_cpu", host.topByCPU), ("top_memory", host.topByMemory), ("top_io", host.topByIO),
        ] {
            self.key(name)
            self.array(of: list) { $0.process($1) }
        }
        self.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func pressures(_ host: HostSummary) {
        self.key("pressure")
        self.object { body in
            for (resource, pressure) in host.pressure.all {
                body.key("\(resource)")
                body.object { line in
                    line.key("some_avg10")
                    line.optional(pressure.some?.average10)
                    line.key("some_avg60")
                    line.optional(pressure.some?.average60)
                    line.key("full_avg10")
                    line.optional(pressure.full?.average10)
                    line.key("full_avg60")
                    line.optional(pressure.full?.average60)
                }
            }
        }
    }

    fileprivate mutating func memory(_ memory: HostSummary.Memory) {
        self.key("memory")
        self.object { body in
            for (name, value) in [
                ("total", memory.total), ("used", memory.used), ("available", memory.available),
                ("swap_total", memory.swapTotal), ("swap_used", memory.swapUsed),
            ] {
                body.key(name)
                body.optional(value)
            }
        }
    }

    fileprivate mutating func disks(_ host: HostSummary) {
        self.key("busiest_disk")
        if let disk = host.busiestDisk {
            self.object { body in
                body.member("name", disk.name)
                for (name, value) in [
                    ("utilization", disk.utilization), ("await_seconds", disk.awaitSeconds),
                    ("average_queue", disk.averageQueue), ("read_bytes_per_second", disk.readBytesPerSecond),
                    ("written_bytes_per_second", disk.writtenBytesPerSecond),
                ] {
                    body.key(name)
                    body.optional(value)
                }
            }
        } else {
            self.null()
        }
        self.key("fullest_filesystem")
        if let filesystem = host.fullestFilesystem {
            self.object { body in
                body.member("mount_point", filesystem.mountPoint)
                body.member("device", filesystem.device)
                body.member("used_share", filesystem.usedShare)
                body.key("size_bytes")
                body.integer(filesystem.sizeBytes)
                body.key("available_bytes")
                body.integer(filesystem.availableBytes)
                body.key("seconds_until_full")
                body.optional(filesystem.secondsUntilFull)
            }
        } else {
            self.null()
        }
    }

    fileprivate mutating func network(_ network: HostSummary.Network) {
        self.key("network")
        self.object { body in
            for (name, value) in [
                ("received_bytes_per_second", network.receivedBytesPerSecond),
                ("sent_bytes_per_second", network.sentBytesPerSecond),
                ("errors_per_second", network.errorsPerSecond), ("drops_per_second", network.dropsPerSecond),
                ("retransmitted_per_second", network.retransmittedPerSecond),
                ("retransmit_ratio", network.retransmitRatio),
                ("listen_overflows_per_second", network.listenOverflowsPerSecond),
            ] {
                body.key(name)
                body.optional(value)
            }
        }
    }

    fileprivate mutating func process(_ process: ProcessReading) {
        self.object { body in
            body.member("pid", Int(process.processID))
            body.member("name", process.name)
            body.key("cgroup")
            if let cgroup = process.cgroup { body.string(cgroup) } else { body.null() }
            body.key("cpu_cores")
            body.optional(process.cpuCores)
            body.key("resident_bytes")
            body.integer(process.residentBytes)
            body.key("read_bytes_per_second")
            body.optional(process.readBytesPerSecond)
            body.key("written_bytes_per_second")
            body.optional(process.writtenBytesPerSecond)
        }
    }
}
