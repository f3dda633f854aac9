import Telemetry
import Testing

/// Holds a mergeable value to its laws: commutative, associative, with an identity.
///
/// Four values are made per seed and merged in every way that should make no difference.
func expectMergeLaws<Value: Equatable>(
    seeds: ClosedRange<UInt64>,
    identity: Value? = nil,
    make: (inout SplitMix64) -> Value,
    merge: (inout Value, Value) -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    func merged(_ values: [Value]) -> Value {
        var result = values[0]
        for value in values.dropFirst() { merge(&result, value) }
        return result
    }
    for seed in seeds {
        var random = SplitMix64(seed: seed)
        let parts = (0..<4).map { _ in make(&random) }
        let expected = merged(parts)
        let orders = [
            merged(parts.reversed()),
            merged(parts.shuffled(using: &random)),
            merged([merged([parts[0], parts[1]]), merged([parts[2], parts[3]])]),
            merged([parts[0], merged([parts[1], merged([parts[2], parts[3]])])]),
        ]
        for (number, other) in orders.enumerated() where other != expected {
            Issue.record(
                "seed \(seed), order \(number): \(other) is not \(expected)",
                sourceLocation: sourceLocation
            )
            return
        }
        guard let identity else { continue }
        if merged([identity, parts[0]]) != parts[0] || merged([parts[0], identity]) != parts[0] {
            Issue.record("seed \(seed): the identity changes a value", sourceLocation: sourceLocation)
            return
        }
    }
}
