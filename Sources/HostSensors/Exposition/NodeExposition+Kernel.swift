import Telemetry

extension NodeExposition {
    /// Open files, and who the host is.
    static func addKernel(_ reading: HostReading, to list: inout MetricFamilyList) {
        list.add(
            "node_filefd_allocated",
            .gauge,
            reading.fileHandles?.allocated,
            "Open files of all processes."
        )
        list.add(
            "node_filefd_maximum",
            .gauge,
            reading.fileHandles?.maximum,
            "Files that may be open at once."
        )
        let identity = reading.identity
        if !identity.system.isEmpty || !identity.kernelRelease.isEmpty {
            list.add(
                "node_uname_info",
                .gauge,
                "Names of the machine and its kernel; always 1.",
                [identity],
                labels: {
                    [
                        MetricLabel("domainname", $0.domainName), MetricLabel("machine", $0.machine),
                        MetricLabel("nodename", $0.hostName), MetricLabel("release", $0.kernelRelease),
                        MetricLabel("sysname", $0.system), MetricLabel("version", $0.kernelVersion),
                    ]
                },
                value: { _ in 1 }
            )
        }
        guard !identity.distribution.id.isEmpty else { return }
        list.add(
            "node_os_info",
            .gauge,
            "Names of the distribution; always 1.",
            [identity.distribution],
            labels: {
                [
                    MetricLabel("build_id", $0.buildID), MetricLabel("id", $0.id),
                    MetricLabel("id_like", $0.idLike), MetricLabel("name", $0.name),
                    MetricLabel("pretty_name", $0.prettyName), MetricLabel("variant", $0.variant),
                    MetricLabel("variant_id", $0.variantID), MetricLabel("version", $0.version),
                    MetricLabel("version_codename", $0.versionCodename),
                    MetricLabel("version_id", $0.versionID),
                ]
            },
            value: { _ in 1 }
        )
    }

    /// The time, and how well it is kept.
    static func addClock(_ reading: HostReading, to list: inout MetricFamilyList) {
        list.add("node_time_seconds", .gauge, reading.instant.unix.inSeconds, "The time, in Unix time.")
        guard let clock = reading.clock else { return }
        func add(_ name: String, _ value: Double, _ help: String) {
            list.add("node_timex_" + name, .gauge, value, help)
        }
        add("sync_status", clock.isSynchronized ? 1 : 0, "Whether the clock is kept in step with the world.")
        add("offset_seconds", clock.offsetSeconds, "Difference from the reference clock, in seconds.")
        add("maxerror_seconds", clock.maximumErrorSeconds, "Largest error possible, in seconds.")
        add("estimated_error_seconds", clock.estimatedErrorSeconds, "Error expected, in seconds.")
        add("frequency_adjustment_ratio", clock.frequencyRatio, "Correction of the clock's speed; 1 is none.")
        add("loop_time_constant", clock.loopTimeConstant, "Time constant of the clock's control loop.")
        add("status", Double(clock.status), "The kernel's clock status bits.")
        add("tick_seconds", clock.tickSeconds, "Length of a clock tick, in seconds.")
        add("tai_offset_seconds", clock.taiOffsetSeconds, "Atomic time less UTC, in seconds.")
    }
}
