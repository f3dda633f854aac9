import Telemetry

extension NodeExposition {
    /// Memory and paging.
    static func addMemory(_ reading: HostReading, to list: inout MetricFamilyList) {
        for (field, value) in reading.memory.present {
            let name = Self.memoryName(of: field)
            list.add(name, .gauge, value, "\(field.rawValue) of /proc/meminfo.")
        }
        for (field, value) in reading.paging.present where field.isExposed {
            let name = "node_vmstat_" + field.rawValue
            list.add(name, .unknown, value, "\(field.rawValue) of /proc/vmstat, since boot.")
        }
    }

    /// `Active(anon)` becomes `node_memory_Active_anon_bytes`; counts have no unit.
    private static func memoryName(of field: MemoryField) -> String {
        var name = "node_memory_"
        for character in field.rawValue {
            switch character {
            case "(": name.append("_")
            case ")": break
            default: name.append(character)
            }
        }
        return field.isCount ? name : name + "_bytes"
    }
}
