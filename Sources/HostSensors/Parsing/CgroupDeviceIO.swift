/// What a cgroup has moved to and from one block device.
///
/// Sources: `io.stat`, version 1's `blkio.throttle.*`.
package struct CgroupDeviceIO: Equatable, Sendable {
    /// First half of the device number.
    package var major: UInt64
    /// Second half of the device number.
    package var minor: UInt64
    /// Bytes read since the group was made.
    package var readBytes: UInt64 = 0
    /// Bytes written since the group was made.
    package var writtenBytes: UInt64 = 0
    /// Read requests finished.
    package var reads: UInt64 = 0
    /// Write requests finished.
    package var writes: UInt64 = 0

    init(major: UInt64, minor: UInt64) {
        self.major = major
        self.minor = minor
    }

    /// Reads `io.stat`: a device and `key=value` pairs a line.
    ///
    /// Some kernels print devices without pairs one after another on one line; the last one owns the pairs.
    /// Devices without any pair are left out.
    package static func list(parsing text: Span<UInt8>) -> [CgroupDeviceIO] {
        var devices: [CgroupDeviceIO] = []
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            var device: CgroupDeviceIO?
            var hasPairs = false
            while !line.isAtEnd {
                let word = line.word()
                if let named = Self.device(word) {
                    device = named
                } else {
                    hasPairs = (device?.read(pair: word) ?? false) || hasPairs
                }
            }
            if let device, hasPairs { devices.append(device) }
        }
        return devices
    }

    /// Adds version 1's `blkio.throttle.io_service_bytes` or `io_serviced`: `8:0 Read 4096` a line.
    static func add(
        _ text: Span<UInt8>,
        to devices: inout [CgroupDeviceIO],
        reads: WritableKeyPath<CgroupDeviceIO, UInt64>,
        writes: WritableKeyPath<CgroupDeviceIO, UInt64>
    ) {
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            guard let named = self.device(line.word()) else { continue }
            let direction = line.word()
            let target = direction.equals("Read") ? reads : direction.equals("Write") ? writes : nil
            guard let target, let value = line.number() else { continue }
            if let index = devices.firstIndex(where: { $0.major == named.major && $0.minor == named.minor }) {
                devices[index][keyPath: target] = value
            } else {
                var device = named
                device[keyPath: target] = value
                devices.append(device)
            }
        }
    }

    private mutating func read(pair word: Span<UInt8>) -> Bool {
        var pair = TextCursor(word)
        let key = pair.text(until: UInt8(ascii: "="))
        guard let value = pair.number() else { return false }
        if key.equals("rbytes") {
            self.readBytes = value
        } else if key.equals("wbytes") {
            self.writtenBytes = value
        } else if key.equals("rios") {
            self.reads = value
        } else if key.equals("wios") {
            self.writes = value
        }
        return true
    }

    private static func device(_ word: Span<UInt8>) -> CgroupDeviceIO? {
        var word = TextCursor(word)
        var major = TextCursor(word.text(until: UInt8(ascii: ":")))
        guard let major = major.number(), let minor = word.number() else { return nil }
        return CgroupDeviceIO(major: major, minor: minor)
    }
}
