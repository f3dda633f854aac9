internal import Configuration
internal import Foundation
internal import SystemPackage
internal import Yams

/// The text of every key and where it came from: defaults < file < environment < arguments.
package struct ResolvedConfiguration: Sendable {
    package enum Origin: Equatable, Sendable, CustomStringConvertible {
        case standard
        case file(String)
        case environment(String)
        case argument

        package var description: String {
            switch self {
            case .standard: "default"
            case .file(let path): "file \(path)"
            case .environment(let name): "environment \(name)"
            case .argument: "argument"
            }
        }
    }

    package struct Entry: Sendable {
        package var key: ConfigurationKey
        package var text: String
        package var origin: Origin
    }

    /// One per key, in the order of ``ConfigurationKey/all``.
    package var entries: [Entry]
    /// What is wrong with the layers themselves: unknown keys, unreadable files.
    package var problems: [ConfigurationProblems.Problem]

    /// Looks every key up in its layers.
    ///
    /// - Parameters:
    ///   - file: A YAML file; nil means /etc/neoscope/neoscope.yaml where it exists.
    ///   - environment: The process's variables.
    ///   - arguments: Values given on the command line, by key.
    /// What is wrong with a layer is in ``problems``, so that it can be told together with what is wrong with values.
    package init(
        file: String?,
        environment: [String: String],
        arguments: [String: String]
    ) async {
        var problems: [ConfigurationProblems.Problem] = []
        let path = file ?? Self.standardPath
        let fileReader = await Self.fileLayer(path, isRequired: file != nil, &problems)
        for name in arguments.keys.sorted() where !ConfigurationKey.all.contains(where: { $0.name == name }) {
            problems.append(.unknownKey(name, origin: "argument"))
        }
        let names = Set(ConfigurationKey.all.map(\.environmentName))
        for name in environment.keys.sorted()
        where name.hasPrefix("NEOSCOPE_") && !names.contains(name) && !Self.foreignVariables.contains(name)
            && !name.hasPrefix("NEOSCOPE_TEST_")
        {
            problems.append(.unknownVariable(name))
        }
        let argumentReader = ConfigReader(
            provider: InMemoryProvider(
                name: "arguments",
                values: Dictionary(
                    uniqueKeysWithValues: arguments.map { name, text in
                        (AbsoluteConfigKey(name.split(separator: ".").map(String.init)), ConfigValue(.string(text), isSecret: false))
                    }
                )
            )
        )
        let environmentReader = ConfigReader(
            provider: EnvironmentVariablesProvider(environmentVariables: environment)
        ).scoped(to: "neoscope")
        self.entries = ConfigurationKey.all.map { key in
            let name = ConfigKey(key.name)
            if let text = argumentReader.string(forKey: name) {
                return Entry(key: key, text: text, origin: .argument)
            }
            if let text = environmentReader.string(forKey: name) {
                return Entry(key: key, text: text, origin: .environment(key.environmentName))
            }
            if let text = fileReader?.string(forKey: name) {
                return Entry(key: key, text: text, origin: .file(path))
            }
            if let texts = fileReader?.stringArray(forKey: name) {
                return Entry(key: key, text: texts.joined(separator: ", "), origin: .file(path))
            }
            return Entry(key: key, text: key.standard, origin: .standard)
        }
        self.problems = problems
    }

    /// The text of a key; empty for a name that is none.
    package subscript(_ name: String) -> String {
        self.entries.first { $0.key.name == name }?.text ?? ""
    }

    static let standardPath = "/etc/neoscope/neoscope.yaml"

    /// Variables with our prefix that are no configuration: they serve the command line.
    private static let foreignVariables: Set<String> = ["NEOSCOPE_ENDPOINT", "NEOSCOPE_TOKEN"]

    private static func fileLayer(
        _ path: String,
        isRequired: Bool,
        _ problems: inout [ConfigurationProblems.Problem]
    ) async -> ConfigReader? {
        guard FileManager.default.fileExists(atPath: path) else {
            if isRequired { problems.append(.file(path, "the file does not exist")) }
            return nil
        }
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            for name in try Self.keys(in: text) where !ConfigurationKey.all.contains(where: { $0.name == name }) {
                problems.append(.unknownKey(name, origin: "file \(path)"))
            }
            // An empty file is no mapping; it sets nothing.
            guard try Yams.compose(yaml: text)?.mapping != nil else { return nil }
            return ConfigReader(provider: try await FileProvider<YAMLSnapshot>(filePath: .init(path)))
        } catch {
            problems.append(.file(path, "\(error)"))
            return nil
        }
    }

    /// The dotted names of all values in a YAML text.
    static func keys(in text: String) throws -> [String] {
        guard let node = try Yams.compose(yaml: text) else { return [] }
        var names: [String] = []
        func walk(_ node: Node, _ path: [String]) {
            if let mapping = node.mapping {
                for (key, value) in mapping { walk(value, path + [key.string ?? "?"]) }
            } else {
                names.append(path.joined(separator: "."))
            }
        }
        walk(node, [])
        return names.filter { !$0.isEmpty }
    }
}
