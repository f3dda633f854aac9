import Foundation
import Node

extension ResolvedConfiguration {
    /// The layers of a test; the file is written to a folder of its own, so that no file of the machine counts.
    static func layered(
        file: String = "",
        environment: [String: String] = [:],
        arguments: [String: String] = [:]
    ) async throws -> (configuration: ResolvedConfiguration, path: String) {
        let folder = try TemporaryFolder()
        let path = try folder.write("neoscope.yaml", file)
        let resolved = await ResolvedConfiguration(file: path, environment: environment, arguments: arguments)
        return (resolved, path)
    }

    /// What is wrong with the layers and their values together, each as `place: message`.
    func allProblems(environment: [String: String] = [:]) -> [String] {
        do {
            _ = try NodeConfiguration(self, environment: environment)
            return []
        } catch let problems as ConfigurationProblems {
            return problems.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }
}

extension ConfigurationKey {
    /// A value that is valid and not the default.
    var otherText: String {
        switch self.kind {
        case .address: "127.0.0.2:1234"
        case .bytes(let range): String(range.lowerBound + (range.upperBound - range.lowerBound) / 2)
        case .duration(let range): String(Int(range.upperBound) - 1)
        case .count(let range): String(range.upperBound - 1)
        case .share: "0.25"
        case .flag: self.standard == "true" ? "false" : "true"
        case .text:
            self.name == "models.prices_file" ? ProjectFiles.configs.path + "/prices.yaml" : "/some/text"
        case .choice(let words): words.first { $0 != self.standard } ?? ""
        case .list: "one, two"
        }
    }
}
