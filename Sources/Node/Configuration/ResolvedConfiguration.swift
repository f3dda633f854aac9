internal import Configuration
internal import Foundation
internal import SystemPackage
internal import Yams

/// The text of every key and where it came from: defaults < file < environment < arguments.
package struct ResolvedConfiguration: Sendable {
    /// Which layer a value came from.
    package enum Origin: Equatable, Sendable, CustomStringConvertible {
        case standard
        case file(String)
        case environment(String)
        case argument

        /// The layer in words, with the file or the variable.
        package var description: String {
            switch self {
            case .standard: "default"
            case .file(let path): "file \(path)"
            case .environment(let name): "environment \(name)"
            case .argument: "argument"
            }
        }
    }

    /// One key with its text.
    package struct Entry: Sendable {
        /// What is set.
        package var key: ConfigurationKey
        /// The value as written, not yet checked.
        package var text: String
        /// Where it was written.
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
        let (fileReader, unset) = await Self.fileLayer(path, isRequired: file != nil, &problems)
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
                    // Only names that are keys: others are problems already, and could meet in one path.
                    uniqueKeysWithValues: ConfigurationKey.all.compactMap { key in
                        arguments[key.name].map { text in
                            let path = AbsoluteConfigKey(key.name.split(separator: ".").map(String.init))
                            return (path, ConfigValue(.string(text), isSecret: false))
                        }
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
            // A null sets nothing; the reader would give its spelling.
            guard !unset.contains(key.name) else {
                return Entry(key: key, text: key.standard, origin: .standard)
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
    private static let foreignVariables: Set<String> = [
        "NEOSCOPE_ENDPOINT", "NEOSCOPE_TOKEN", "NEOSCOPE_CA", "NEOSCOPE_CERTIFICATE", "NEOSCOPE_KEY",
        "NEOSCOPE_PKI_DIR",
    ]

    /// A reader of the file, and the names that it sets to null.
    private static func fileLayer(
        _ path: String,
        isRequired: Bool,
        _ problems: inout [ConfigurationProblems.Problem]
    ) async -> (reader: ConfigReader?, unset: Set<String>) {
        guard FileManager.default.fileExists(atPath: path) else {
            if isRequired { problems.append(.file(path, "the file does not exist")) }
            return (nil, [])
        }
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let keys = try Self.keys(in: text)
            for (name, isNull) in keys where !ConfigurationKey.all.contains(where: { $0.name == name }) {
                // A section whose keys are all commented out sets nothing.
                if isNull, !ConfigurationKey.all(below: name).isEmpty { continue }
                problems.append(.unknownKey(name, origin: "file \(path)"))
            }
            // An empty file sets nothing.
            guard let root = try Yams.compose(yaml: text), root.null == nil else { return (nil, []) }
            guard root.mapping != nil else {
                problems.append(.file(path, "expected keys and values, as in configs/reference.yaml"))
                return (nil, [])
            }
            let reader = ConfigReader(provider: try await FileProvider<YAMLSnapshot>(filePath: .init(path)))
            return (reader, Set(keys.filter(\.isNull).map(\.name)))
        } catch {
            problems.append(.file(path, "\(error)"))
            return (nil, [])
        }
    }

    /// The dotted names of all values in a YAML text, and whether they are null.
    private static func keys(in text: String) throws -> [(name: String, isNull: Bool)] {
        guard let node = try Yams.compose(yaml: text) else { return [] }
        var names: [(name: String, isNull: Bool)] = []
        func walk(_ node: Node, _ path: [String]) {
            if let mapping = node.mapping {
                for (key, value) in mapping { walk(value, path + [key.string ?? "?"]) }
            } else {
                names.append((path.joined(separator: "."), node.null != nil))
            }
        }
        walk(node, [])
        return names.filter { !$0.name.isEmpty }
    }
}
