import Foundation

/// Recorded spans of agent frameworks, outside the project; tests that use them are skipped where they are absent.
enum RecordedAgents {
    private static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["NEOSCOPE_TEST_DATA"] { return URL(filePath: path) }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "../shared/data")
            .standardizedFileURL
    }()

    static var isPresent: Bool {
        FileManager.default.fileExists(atPath: Self.root.appending(path: "agents").path)
    }

    /// The paths of the JSON files in a folder, sorted.
    static func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            atPath: Self.root.appending(path: "agents/\(folder)").path
        )
        .filter { $0.hasSuffix(".json") }.sorted().map { "\(folder)/\($0)" }
    }

    /// The spans of a file of JSON, or of lines of it, in whatever shape they are.
    static func spans(_ path: String) throws -> [AgentSpan] {
        let data = try Data(contentsOf: Self.root.appending(path: "agents/\(path)"))
        if let object = try? JSONSerialization.jsonObject(with: data) { return self.spans(in: object) }
        return try data.split(separator: UInt8(ascii: "\n")).flatMap { line in
            self.spans(in: try JSONSerialization.jsonObject(with: Data(line)))
        }
    }

    private static func spans(in object: Any) -> [AgentSpan] {
        if let list = object as? [Any] { return list.flatMap { self.spans(in: $0) } }
        guard let object = object as? [String: Any] else { return [] }
        if let name = object["name"] as? String, let attributes = object["attributes"] as? [String: Any] {
            return [AgentSpan(name, attributes)]
        }
        if let name = object["name"] as? String, object["spanId"] != nil {
            return [AgentSpan(name, self.pairs(object["attributes"]))]
        }
        // A file that is nothing but one span's attributes.
        if object.keys.contains(where: { $0.hasPrefix("gen_ai.") || $0.hasPrefix("llm.") }) {
            return [AgentSpan("span", object)]
        }
        return object.sorted { $0.key < $1.key }.flatMap { self.spans(in: $0.value) }
    }

    /// Attributes as OTLP/JSON has them.
    private static func pairs(_ attributes: Any?) -> [String: Any] {
        var result: [String: Any] = [:]
        for pair in attributes as? [[String: Any]] ?? [] {
            guard let key = pair["key"] as? String, let value = pair["value"] as? [String: Any] else {
                continue
            }
            if let text = value["stringValue"] as? String { result[key] = text }
            if let text = value["intValue"] as? String { result[key] = Int(text) }
        }
        return result
    }
}
