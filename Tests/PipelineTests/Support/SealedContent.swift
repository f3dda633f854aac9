import Foundation
import Telemetry

/// What a reader finds in sealed frames.
struct SealedContent {
    struct Item: Equatable {
        var key: Key
        var resource: [UInt8]
        var scope: [UInt8]
        var bytes: [UInt8]
    }

    private(set) var items: [Item] = []

    init(_ frames: [SealedFrame]) throws {
        for sealed in frames {
            let frame = try Frame(sealed.bytes.raw)
            let payload = try frame.payload(sealed.bytes.raw)
            for entry in frame.entries {
                try payload.forEachItem(of: entry) { resource, scope, item in
                    func table(_ reference: UInt32) -> [UInt8] {
                        reference == 0 ? [] : Array(payload.bytes[payload.tables[Int(reference) - 1].range])
                    }
                    self.items.append(
                        Item(
                            key: entry.key,
                            resource: table(resource),
                            scope: table(scope),
                            bytes: Array(payload.bytes[item])
                        )
                    )
                }
            }
        }
    }

    /// The slots in frames of that signal.
    static func slots(_ frames: [SealedFrame]) throws -> [Slot] {
        try SealedContent(frames.filter { $0.header.signal == .slots }).items.map { item in
            var reader = WireReader(item.bytes.raw)
            return try Slot(from: &reader)
        }
    }

    /// The bytes of all payloads, opened.
    static func allBytes(_ frames: [SealedFrame]) throws -> [UInt8] {
        try frames.flatMap { try Frame($0.bytes.raw).payload($0.bytes.raw).bytes + $0.bytes }
    }
}

extension [UInt8] {
    /// Whether the bytes of a text stand anywhere.
    func contains(_ text: String) -> Bool {
        Data(self).range(of: Data(text.utf8)) != nil
    }
}
