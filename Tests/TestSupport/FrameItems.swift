package import Telemetry

/// One item of a frame with all that a merge must not change.
package struct FrameItem: Hashable, Comparable {
    package var signal: UInt8
    package var origin: FrameID
    package var created: UInt64
    package var key: Key
    package var resource: [UInt8]
    package var scope: [UInt8]
    package var bytes: [UInt8]

    package static func < (left: Self, right: Self) -> Bool {
        (left.signal, left.key, left.origin) == (right.signal, right.key, right.origin)
            ? left.bytes.lexicographicallyPrecedes(right.bytes)
            : (left.signal, left.key, left.origin) < (right.signal, right.key, right.origin)
    }

    /// All items of a frame that stands at a place, in order.
    package static func items(of bytes: [UInt8], at offset: Int = 0) throws -> [FrameItem] {
        let frame = try Frame(bytes.raw, at: offset)
        let payload = try frame.payload(bytes.raw, at: offset)
        var items: [FrameItem] = []
        for (index, entry) in frame.entries.enumerated() {
            let origin = frame.origin(ofEntry: index)
            try payload.forEachItem(of: entry) { resource, scope, range in
                func table(_ reference: UInt32) -> [UInt8] {
                    reference == 0 ? [] : Array(payload.bytes[payload.tables[Int(reference) - 1].range])
                }
                items.append(
                    FrameItem(
                        signal: frame.header.signal.rawValue,
                        origin: origin.frame,
                        created: origin.created.nanoseconds / 1_000_000,
                        key: entry.key,
                        resource: table(resource),
                        scope: table(scope),
                        bytes: Array(payload.bytes[range])
                    )
                )
            }
        }
        return items
    }
}
