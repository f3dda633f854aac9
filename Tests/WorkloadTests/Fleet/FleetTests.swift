import OTLPMessages
import SwiftProtobuf
import Telemetry
import Testing

@testable import Workload

@Suite struct FleetTests {
    private func fleet(services: Int, operations: Int) -> Fleet {
        var random = SplitMix64(seed: 4)
        return Fleet(services: services, operations: operations, random: &random)
    }

    @Test func `the operations of a service have distinct names, however many`() {
        for service in self.fleet(services: 25, operations: 400).services {
            #expect(Set(service.operations.map(\.name)).count == 400)
        }
    }

    @Test func `a resource names its service, its host and its SDK`() throws {
        let fleet = self.fleet(services: 20, operations: 1)
        var instances: Set<String> = []
        for service in fleet.services {
            let group = try OTLPResourceSpans(serializedBytes: service.resourceField)
            let pairs = group.resource.attributes.map { ($0.key, $0.value) }
            let values = Dictionary(uniqueKeysWithValues: pairs)
            #expect(values["service.name"]?.stringValue == service.name)
            #expect(values["host.name"]?.stringValue == service.host)
            #expect(values["deployment.environment.name"]?.stringValue == "production")
            for key in ["service.version", "telemetry.sdk.name", "telemetry.sdk.version"] {
                #expect(values[key]?.stringValue.isEmpty == false)
            }
            instances.insert(values["service.instance.id"]?.stringValue ?? "")
        }
        #expect(instances.count == 20)
        let form = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        #expect(instances.allSatisfy { $0.wholeMatch(of: form) != nil })
        #expect(Set(fleet.services.map(\.host)).count == 6)
    }

    @Test func `words beyond a list go on with numbers`() {
        #expect(Vocabulary.word(["a", "b"], 1, separator: "_") == "b")
        #expect(Vocabulary.word(["a", "b"], 2, separator: "_") == "a_2")
        #expect(Vocabulary.word(["a", "b"], 5, separator: "-") == "b-3")
        #expect(Vocabulary.word([], 0, separator: "-") == "")
        #expect(Vocabulary.word(["a"], -1, separator: "-") == "")
    }
}
