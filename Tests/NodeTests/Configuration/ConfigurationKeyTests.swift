import DiskStorage
import OTLPTransport
import Pipeline
import Testing

@testable import Node

@Suite struct ConfigurationKeyTests {
    @Test func `names and variables are unique`() {
        let names = ConfigurationKey.all.map(\.name)
        #expect(Set(names).count == names.count)
        let variables = ConfigurationKey.all.map(\.environmentName)
        #expect(Set(variables).count == variables.count)
        // A key that is a level of another could not stand in one file with it.
        for name in names { #expect(!names.contains { $0.hasPrefix(name + ".") }, "\(name)") }
    }

    @Test(arguments: ConfigurationKey.all.map(\.name))
    func `a name is lower snake case, and its meaning a sentence`(name: String) throws {
        let key = try #require(ConfigurationKey.all.first { $0.name == name })
        #expect(
            name.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f || $0 == 0x2e
            }
        )
        #expect(key.meaning.hasSuffix(".") && key.meaning.first?.isLetter == true)
        #expect(key.environmentName.hasPrefix("NEOSCOPE_"))
        #expect(
            key.environmentName.utf8.allSatisfy {
                (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
            }
        )
    }

    @Test(arguments: ConfigurationKey.all.map(\.name))
    func `a default is what its kind allows`(name: String) throws {
        let key = try #require(ConfigurationKey.all.first { $0.name == name })
        switch key.kind {
        case .address: #expect(ConfigurationValue.address(key.standard)?.host == "127.0.0.1")
        case .bytes(let range): #expect(range.contains(try #require(ConfigurationValue.bytes(key.standard))))
        case .duration(let range):
            #expect(range.contains(try #require(ConfigurationValue.seconds(key.standard))))
        case .count(let range): #expect(range.contains(try #require(Int(key.standard))))
        case .share: #expect((0...1).contains(try #require(Double(key.standard))))
        case .flag: #expect(ConfigurationValue.flag(key.standard) != nil)
        case .choice(let words): #expect(words.contains(key.standard))
        case .list, .text: break
        }
    }

    @Test func `the defaults are a valid configuration`() async throws {
        let resolved = try await ResolvedConfiguration.layered().configuration
        let configuration = try NodeConfiguration(resolved, environment: ["STATE_DIRECTORY": "/var/lib/x:/y"])
        #expect(configuration.dataDirectory == "/var/lib/x")
        #expect(configuration.api == .init(host: "127.0.0.1", port: 8900))
        #expect(configuration.ingest.requestBytesMax == 20 << 20)
        #expect(configuration.ingest.idleSeconds == 60)
        #expect(configuration.sensors != nil)
        #expect(configuration.store.retentionBytesMax == nil)
        #expect((1...4).contains(configuration.threads))
        #expect(!configuration.edge.contentKeys.isEmpty)
    }
}
