import Telemetry

/// `google.rpc.Status` as a client reads it: code, message, and the seconds of its RetryInfo.
struct GoogleRPCStatusReader {
    var code: Int32 = 0
    var message = ""
    var retrySeconds: UInt64?

    static func read(_ bytes: [UInt8]) throws -> GoogleRPCStatusReader {
        var status = GoogleRPCStatusReader()
        for (number, field) in try ProtobufFields.read(bytes) {
            switch (number, field) {
            case (1, .number(let code)): status.code = Int32(truncatingIfNeeded: code)
            case (2, .bytes(let text)): status.message = String(decoding: text, as: UTF8.self)
            case (3, .bytes(let any)):
                for case (2, .bytes(let info)) in try ProtobufFields.read(any) {
                    for case (1, .bytes(let delay)) in try ProtobufFields.read(info) {
                        for case (1, .number(let seconds)) in try ProtobufFields.read(delay) {
                            status.retrySeconds = seconds
                        }
                    }
                }
            default: break
            }
        }
        return status
    }
}

/// The partial success of an Export response.
struct OTLPExportTracePartial {
    var rejected: Int64 = 0
    var message = ""

    static func read(_ bytes: [UInt8]) throws -> OTLPExportTracePartial {
        var result = OTLPExportTracePartial()
        for case (1, .bytes(let partial)) in try ProtobufFields.read(bytes) {
            for (number, field) in try ProtobufFields.read(partial) {
                switch (number, field) {
                case (1, .number(let count)): result.rejected = Int64(truncatingIfNeeded: count)
                case (2, .bytes(let text)): result.message = String(decoding: text, as: UTF8.self)
                default: break
                }
            }
        }
        return result
    }
}

/// Protobuf fields in order, without a schema: varints and bytes are enough for answers.
enum ProtobufFields {
    enum Field {
        case number(UInt64)
        case bytes([UInt8])
    }

    struct Damage: Error {}

    static func read(_ bytes: [UInt8]) throws -> [(UInt64, Field)] {
        var result: [(UInt64, Field)] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let tag = try self.varint(&rest)
            switch tag & 7 {
            case 0: result.append((tag >> 3, .number(try self.varint(&rest))))
            case 2:
                let count = Int(try self.varint(&rest))
                guard count <= rest.count else { throw Damage() }
                result.append((tag >> 3, .bytes(Array(rest.prefix(count)))))
                rest = rest.dropFirst(count)
            default: throw Damage()
            }
        }
        return result
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw Damage() }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw Damage()
    }
}
