import Telemetry

/// The services of a synthetic system; service 0 is the agent.
struct Fleet: Sendable {
    let services: [SyntheticService]

    /// Makes services that are the same for the same seed.
    init(services count: Int, operations: Int, random: inout SplitMix64) {
        let hosts = max(1, count / 3)
        self.services = (0..<max(count, 0)).map { index in
            Self.service(index, host: index % hosts, operations: operations, random: &random)
        }
    }

    private static func service(
        _ index: Int,
        host: Int,
        operations: Int,
        random: inout SplitMix64
    ) -> SyntheticService {
        let name = Vocabulary.word(Vocabulary.services, index, separator: "-")
        let hostName = "host-" + String(host + 1)
        let language = index % 3 == 1 ? "go" : "python"
        var writer = ProtobufWriter()
        writer.resource([
            Attribute("service.name", name),
            Attribute("service.namespace", "neo"),
            Attribute("service.version", "2.\(random.below(9)).\(random.below(20))"),
            Attribute("service.instance.id", self.uuid(random: &random)),
            Attribute("host.name", hostName),
            Attribute("deployment.environment.name", "production"),
            Attribute("telemetry.sdk.name", "opentelemetry"),
            Attribute("telemetry.sdk.language", language),
            Attribute("telemetry.sdk.version", "1.38.0"),
            Attribute("process.pid", 1_000 + random.below(30_000)),
        ])
        return SyntheticService(
            name: name,
            host: hostName,
            operations: (0..<max(operations, 0)).map { Self.operation($0, service: index, random: &random) },
            resourceField: writer.bytes
        )
    }

    private static func operation(_ index: Int, service: Int, random: inout SplitMix64) -> Operation {
        let shapes = [
            ("GET", "", "/{id}", "SELECT"), ("POST", "", "", "INSERT"), ("GET", "", "", "SELECT"),
            ("PUT", "", "/{id}", "UPDATE"), ("DELETE", "", "/{id}", "DELETE"),
            ("POST", "/batch", "", "INSERT"),
        ]
        let (method, middle, tail, verb) = shapes[index % shapes.count]
        let word = index / shapes.count + service * 5
        let noun = Vocabulary.nouns[word % Vocabulary.nouns.count]
        // The same word comes again only after all others, and then under a further version of the interface.
        let version = 1 + index / shapes.count / Vocabulary.nouns.count
        let route = "/v\(version)/\(noun)\(middle)\(tail)"
        return Operation(
            name: method + " " + route,
            method: method,
            route: route,
            medianNanoseconds: random.logNormal(median: 4e6, spread: 0.8),
            query: DatabaseQuery(
                verb: verb,
                table: noun,
                text: self.statement(verb, table: noun),
                medianNanoseconds: random.logNormal(median: 1.5e6, spread: 0.7)
            )
        )
    }

    private static func statement(_ verb: String, table: String) -> String {
        switch verb {
        case "SELECT": "SELECT id, owner, state, updated_at FROM \(table) WHERE tenant = $1 AND id = $2"
        case "INSERT": "INSERT INTO \(table) (tenant, id, owner, state) VALUES ($1, $2, $3, $4)"
        case "UPDATE": "UPDATE \(table) SET state = $3, updated_at = now() WHERE tenant = $1 AND id = $2"
        default: "DELETE FROM \(table) WHERE tenant = $1 AND id = $2 RETURNING owner, state"
        }
    }

    /// Random bits in the form of a version 4 UUID (RFC 9562).
    private static func uuid(random: inout SplitMix64) -> String {
        let high = SpanID(random.next() & ~0xf000 | 0x4000).hex
        let low = SpanID(random.next() & ~(3 << 62) | 2 << 62).hex
        return [high.prefix(8), high.dropFirst(8).prefix(4), high.suffix(4), low.prefix(4), low.suffix(12)]
            .joined(separator: "-")
    }
}
