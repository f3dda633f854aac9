import Foundation
import Telemetry
import WebServer

/// Holds a value against a JSON schema, of which it knows what `configs/openapi.yaml` uses, and refuses the rest.
struct SchemaValidator {
    private static let known: Set<String> = [
        "type", "properties", "required", "items", "enum", "$ref", "oneOf", "anyOf", "additionalProperties",
        "minimum",
        "maximum", "pattern", "format", "description", "default",
    ]

    let file: OpenAPIFile

    /// What is wrong with a value, each with its place; empty where it fits.
    func problems(_ value: JSONValue, _ schema: JSONValue, at place: String = "$") throws -> [String] {
        if schema["$ref"] != nil {
            guard let target = try self.file.resolved(schema) else { return ["\(place): no schema"] }
            return try self.problems(value, target, at: place)
        }
        let unknown = schema.keys.subtracting(Self.known)
        guard unknown.isEmpty else {
            throw OpenAPIFile.Damage(description: "schema keywords \(unknown.sorted())")
        }
        var problems: [String] = []
        if let type = schema["type"], !Self.types(type).contains(where: { Self.fits(value, $0) }) {
            return ["\(place): expected \(Self.types(type).joined(separator: " or ")), not \(value)"]
        }
        if let allowed = schema["enum"], !allowed.items.contains(value) {
            problems.append("\(place): \(value) is none of \(allowed.items)")
        }
        if let alternatives = schema["oneOf"] ?? schema["anyOf"] {
            let reasons = try alternatives.items.map { try self.problems(value, $0, at: place) }
            let fitting = reasons.count { $0.isEmpty }
            if fitting == 0 { problems.append("\(place): fits no alternative: \(reasons)") }
            if fitting > 1, schema["oneOf"] != nil {
                problems.append("\(place): fits \(fitting) alternatives")
            }
        }
        switch value {
        case .number(let number):
            if let low = schema["minimum"]?.number, number < low {
                problems.append("\(place): \(number) < \(low)")
            }
            if let high = schema["maximum"]?.number, number > high {
                problems.append("\(place): \(number) > \(high)")
            }
        case .text(let text): problems += try Self.textProblems(text, schema, place)
        case .list(let items):
            guard let wanted = schema["items"] else { break }
            for (index, item) in items.enumerated() {
                problems += try self.problems(item, wanted, at: "\(place)[\(index)]")
            }
        case .object(let members): problems += try self.memberProblems(members, schema, place)
        case .bool, .null: break
        }
        return problems
    }

    private func memberProblems(
        _ members: [String: JSONValue],
        _ schema: JSONValue,
        _ place: String
    ) throws -> [String] {
        var problems: [String] = []
        for name in schema["required"]?.items.compactMap(\.text) ?? [] where members[name] == nil {
            problems.append("\(place): \(name) is missing")
        }
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            if let wanted = schema["properties"]?[name] {
                problems += try self.problems(member, wanted, at: "\(place).\(name)")
            } else if schema["additionalProperties"] == .bool(false) {
                problems.append("\(place): \(name) is not documented")
            } else if let wanted = schema["additionalProperties"], wanted != .bool(true) {
                problems += try self.problems(member, wanted, at: "\(place).\(name)")
            }
        }
        return problems
    }

    private static func textProblems(_ text: String, _ schema: JSONValue, _ place: String) throws -> [String]
    {
        var problems: [String] = []
        if let pattern = schema["pattern"]?.text, try Regex(pattern).wholeMatch(in: text) == nil {
            problems.append("\(place): \"\(text)\" does not match \(pattern)")
        }
        if schema["format"]?.text == "date-time", TimeText.time(text, now: ClusterTime(nanoseconds: 0)) == nil
        {
            problems.append("\(place): \"\(text)\" is no time")
        }
        return problems
    }

    private static func types(_ type: JSONValue) -> [String] {
        type.text.map { [$0] } ?? type.items.compactMap(\.text)
    }

    private static func fits(_ value: JSONValue, _ type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.number, "number"), (.text, "string"), (.list, "array"),
            (.object, "object"):
            true
        case (.number(let number), "integer"): number == number.rounded()
        default: false
        }
    }
}
