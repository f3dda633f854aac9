internal import ArgumentParser
internal import Foundation
internal import Node

/// Where a configuration comes from, for every command that needs one.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: "A YAML file. Default: /etc/neoscope/neoscope.yaml where it exists.")
    var config: String?

    @Option(name: .customLong("set"), help: "Any key, as --set storage.durability=os. May be repeated.")
    var settings: [String] = []

    /// Keys and values of `--set`, and of the options given beside it.
    func resolved(_ arguments: [String: String?]) async throws -> ResolvedConfiguration {
        var values = arguments.compactMapValues { $0 }
        for setting in self.settings {
            guard let equals = setting.firstIndex(of: "=") else {
                throw CommandFailure.usage("expected --set KEY=VALUE, not \"\(setting)\"")
            }
            values[String(setting[..<equals])] = String(setting[setting.index(after: equals)...])
        }
        return await ResolvedConfiguration(
            file: self.config,
            environment: ProcessInfo.processInfo.environment,
            arguments: values
        )
    }
}
