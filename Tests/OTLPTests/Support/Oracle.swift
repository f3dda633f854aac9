import Foundation
import OTLP
import OTLPMessages
import SwiftProtobuf

/// SwiftProtobuf's reading of the same bytes, which the tests hold ours against.
enum Oracle {
    static func message(_ protobuf: [UInt8], _ signal: OTLPSignal) throws -> any Message {
        switch signal {
        case .traces: try OTLPTracesData(serializedBytes: protobuf)
        case .metrics: try OTLPMetricsData(serializedBytes: protobuf)
        case .logs: try OTLPLogsData(serializedBytes: protobuf)
        }
    }

    /// Reads plain protobuf JSON, whose ids are base64.
    static func message(json: String, _ signal: OTLPSignal) throws -> any Message {
        var options = JSONDecodingOptions()
        options.ignoreUnknownFields = true
        return switch signal {
        case .traces: try OTLPTracesData(jsonString: json, options: options)
        case .metrics: try OTLPMetricsData(jsonString: json, options: options)
        case .logs: try OTLPLogsData(jsonString: json, options: options)
        }
    }

    static func areEqual(_ left: any Message, _ right: any Message) -> Bool {
        left.isEqualTo(message: right)
    }

    /// Rewrites the ids of a JSON text from base64, as plain protobuf JSON has them, to hexadecimal.
    static func idsToHex(_ json: String) -> String {
        json.replacing(/("(?:trace_?[iI]d|span_?[iI]d|parent_?[sS]pan_?[iI]d)"\s*:\s*)"([^"]*)"/) { match in
            let data = Data(base64Encoded: String(match.2)) ?? Data()
            let hex = data.map { String(format: "%02x", $0) }.joined()
            return "\(match.1)\"\(hex)\""
        }
    }

    /// The other way round.
    static func idsToBase64(_ json: String) -> String {
        json.replacing(/("(?:trace_?[iI]d|span_?[iI]d|parent_?[sS]pan_?[iI]d)"\s*:\s*)"([^"]*)"/) { match in
            var digits = match.2[...]
            var data = Data()
            while let byte = UInt8(digits.prefix(2), radix: 16) {
                data.append(byte)
                digits = digits.dropFirst(2)
            }
            return "\(match.1)\"\(data.base64EncodedString())\""
        }
    }

    /// What any JSON reader makes of a text, for comparison by value.
    static func object(_ json: [UInt8]) throws -> NSDictionary {
        try JSONSerialization.jsonObject(with: Data(json)) as? NSDictionary ?? [:]
    }
}
