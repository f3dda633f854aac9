import Telemetry

@testable import OTLP

/// Random OTLP/JSON that follows the table: every field, every legal way to write a value.
struct RandomOTLP {
    private var random: SplitMix64
    private let maxDepth: Int

    init(seed: UInt64, maxDepth: Int = 9) {
        self.random = SplitMix64(seed: seed)
        self.maxDepth = maxDepth
    }

    mutating func message(_ message: OTLPMessage, depth: Int = 0) -> String {
        var members: [String] = []
        var hasOneof = false
        for field in message.fields.shuffled(using: &self.random) where self.chance(depth < 4 ? 0.8 : 0.4) {
            if case .oneof = field.presence {
                // Plain protobuf JSON refuses two members of one choice.
                if hasOneof { continue }
                hasOneof = true
            }
            if case .message = field.kind, depth >= self.maxDepth { continue }
            let name = self.chance(0.1) ? field.protobufName : field.name
            members.append("\"\(name)\":\(self.space())\(self.value(of: field, depth: depth))")
            if self.chance(0.02) { members.append("\"unknownMember\":[{\"a\":[1,-2.5e3,\"x\"]},null,true]") }
        }
        return "{\(self.space())" + members.joined(separator: ",") + "}"
    }

    private mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &self.random) < probability
    }

    private mutating func space() -> String {
        self.chance(0.05) ? [" ", "\n", "\t \r\n"].randomElement(using: &self.random) ?? "" : ""
    }

    private mutating func value(of field: OTLPField, depth: Int) -> String {
        guard case .repeated = field.presence else {
            return self.chance(0.02) ? "null" : self.single(field.kind, depth: depth)
        }
        let count = Int.random(in: 0..<4, using: &self.random)
        return "[" + (0..<count).map { _ in self.single(field.kind, depth: depth) }.joined(separator: ",")
            + "]"
    }

    private mutating func single(_ kind: OTLPField.Kind, depth: Int) -> String {
        switch kind {
        case .message(let message): self.message(message, depth: depth + 1)
        case .string: self.string()
        case .bytes: "\"" + ["", "AA==", "AAE=", "AAEC", "/+8=", "_-8", "AQ"].pick(&self.random) + "\""
        case .id:
            "\""
                + ["", "0af7651916cd43dd8448eb211c80319c", "B7AD6B7169203331", "00", "ffFF"].pick(
                    &self.random
                ) + "\""
        case .bool: self.chance(0.5) ? "true" : "false"
        case .int32, .sint32: self.integer(Int64(Int32.random(in: .min ... .max, using: &self.random)))
        case .uint32, .fixed32: self.integer(Int64(UInt32.random(in: 0 ... .max, using: &self.random)))
        case .int64, .sfixed64: self.integer(Int64.random(in: .min ... .max, using: &self.random))
        case .uint64, .fixed64: self.unsigned()
        case .double: self.double()
        case .enumeration(.spanKind): ["0", "1", "5", "\"SPAN_KIND_SERVER\""].pick(&self.random)
        case .enumeration(.statusCode): ["0", "2", "\"STATUS_CODE_OK\""].pick(&self.random)
        case .enumeration(.severityNumber): ["0", "9", "\"SEVERITY_NUMBER_FATAL4\""].pick(&self.random)
        case .enumeration(.aggregationTemporality):
            ["1", "2", "\"AGGREGATION_TEMPORALITY_CUMULATIVE\""].pick(&self.random)
        case .any: "{}"
        }
    }

    private mutating func integer(_ value: Int64) -> String {
        let value = self.chance(0.2) ? 0 : self.chance(0.3) ? value % 1_000 : value
        return self.chance(0.5) ? "\"\(value)\"" : "\(value)"
    }

    private mutating func unsigned() -> String {
        let value = self.chance(0.2) ? 0 : UInt64.random(in: 0 ... .max, using: &self.random)
        return self.chance(0.7) ? "\"\(value)\"" : "\(value)"
    }

    private mutating func double() -> String {
        let random = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &self.random))
        let value = self.chance(0.5) ? Double.random(in: -1e6...1e6, using: &self.random) : random
        if !value.isFinite { return ["\"NaN\"", "\"Infinity\"", "\"-Infinity\""].pick(&self.random) }
        return self.chance(0.3)
            ? ["0", "-0.0", "1", "2.50", "1e3", "\"7.25\""].pick(&self.random) : "\(value)"
    }

    private mutating func string() -> String {
        let pieces = [
            "a", "service.name", #"\""#, #"\\"#, #"\/"#, #"\n\t\r\b\f"#, #"\u00e9"#, #"\uD83D\uDE00"#, "é",
            "日本語", "😀",
            "a longer text without anything special in it", #"\u0000"#, "\u{7F}", #"\u0041"#,
        ]
        let count = Int.random(in: 0..<6, using: &self.random)
        return "\"" + (0..<count).map { _ in pieces.pick(&self.random) }.joined() + "\""
    }
}

extension [String] {
    fileprivate func pick(_ random: inout SplitMix64) -> String {
        self.randomElement(using: &random) ?? ""
    }
}
