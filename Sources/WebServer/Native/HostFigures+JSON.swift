internal import HostSensors
internal import OTLP

extension JSONWriter {
    /// The host; shares from 0 to 1, sizes in bytes, times in seconds.
    mutating func host(_ host: HostFigures) {
        self.beginObject()
        self.member("live", host.isLive)
        self.member("name", host.name)
        self.key("kernel")
        self.optional(host.kernel)
        self.key("distribution")
        self.optional(host.distribution)
        self.key("cores")
        self.optional(host.cores)
        self.key("uptime_seconds")
        self.optional(host.uptimeSeconds)
        self.key("cpu_utilization")
        self.optional(host.cpuUtilization)
        self.key("cpu_peak")
        self.optional(host.cpuPeak)
        self.key("load")
        self.array(of: host.load) { $0.optional($1) }
        self.pressures(host)
        self.memory(host.memory)
        self.disks(host)
        self.network(host.network)
        self.key("throttled_ratio")
        self.optional(host.throttledRatio)
        self.key("clock_synchronized")
        if let isSynchronized = host.clockIsSynchronized { self.boolean(isSynchronized) } else { self.null() }
        for (name, list) in [
            ("top_cpu", host.top?.cpu), ("top_memory", host.top?.memory), ("top_io", host.top?.io),
        ] {
            self.key(name)
            if let list { self.array(of: list) { $0.process($1) } } else { self.null() }
        }
        self.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func pressures(_ host: HostFigures) {
        self.key("pressure")
        self.object { body in
            for pressure in host.pressure {
                body.key("\(pressure.resource)")
                body.object { line in
                    line.key("some_avg10")
                    line.optional(pressure.someAverage10)
                    line.key("some_avg60")
                    line.optional(pressure.someAverage60)
                    line.key("full_avg10")
                    line.optional(pressure.fullAverage10)
                    line.key("full_avg60")
                    line.optional(pressure.fullAverage60)
                }
            }
        }
    }

    fileprivate mutating func memory(_ memory: HostFigures.Memory) {
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

    fileprivate mutating func disks(_ host: HostFigures) {
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

    fileprivate mutating func network(_ network: HostFigures.Network) {
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
            body.optional(process.cgroup)
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
