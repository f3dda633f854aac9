import Foundation
import Node
import Pipeline
import Testing

/// What an operator copies from `configs/`.
@Suite struct ConfigurationFilesTests {
    @Test func `reference.yaml is what the program writes`() throws {
        #expect(try ProjectFiles.text("configs/reference.yaml") == ConfigurationReference.yaml)
    }

    @Test func `reference.yaml loads, sets every key, and sets the defaults`() async {
        let path = ProjectFiles.configs.appending(path: "reference.yaml").path
        let resolved = await ResolvedConfiguration(file: path, environment: [:], arguments: [:])
        #expect(resolved.allProblems().isEmpty)
        for entry in resolved.entries {
            #expect(entry.origin == .file(path), "\(entry.key.name)")
            #expect(entry.text == entry.key.standard, "\(entry.key.name)")
        }
    }

    @Test func `prices.yaml loads as a list of prices`() async throws {
        let path = ProjectFiles.configs.appending(path: "prices.yaml").path
        let resolved = try await ResolvedConfiguration.layered(arguments: ["models.prices_file": path])
            .configuration
        let prices = try NodeConfiguration(resolved, environment: [:]).edge.prices
        #expect(prices.rows.count == 2)
        #expect(
            prices.rows.first
                == PriceTable.Row(
                    model: "example-large*",
                    input: 3,
                    output: 15,
                    cacheRead: 0.3,
                    cacheWrite: 3.75
                )
        )
        // Without prices of their own, tokens of the cache cost what those of the prompt cost.
        #expect(prices.rows.last?.cacheRead == 0.25 && prices.rows.last?.cacheWrite == 0.25)
    }

    @Test(arguments: ["a: 1", "- model: x", "- {model: x, input: dear, output: 1}", "- [", ""])
    func `a list of prices that cannot be read is a problem`(text: String) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("prices.yaml", text)
        let resolved = try await ResolvedConfiguration.layered(arguments: ["models.prices_file": path])
            .configuration
        #expect(resolved.allProblems().count == 1)
    }

    @Test func `every file in configs is one of those that a test loads`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: ProjectFiles.configs.path)
        // openapi.yaml is held against a real server by the web server's tests.
        #expect(names.sorted() == ["openapi.yaml", "prices.yaml", "reference.yaml"])
    }
}
