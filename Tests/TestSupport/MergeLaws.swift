package import Telemetry

/// Where a mergeable value breaks its laws: commutative, associative, with an identity, and idempotent where it says so.
///
/// Four values are made per seed and merged in every way that should make no difference.
///
/// - Returns: The first breach, with its seed; nil where there is none.
package func mergeLawBreach<Value: Equatable>(
    seeds: ClosedRange<UInt64>,
    identity: Value? = nil,
    isIdempotent: Bool = false,
    make: (inout SplitMix64) -> Value,
    merge: (inout Value, Value) -> Void
) -> String? {
    func merged(_ values: [Value]) -> Value {
        var result = values[0]
        for value in values.dropFirst() { merge(&result, value) }
        return result
    }
    for seed in seeds {
        var random = SplitMix64(seed: seed)
        let parts = (0..<4).map { _ in make(&random) }
        let expected = merged(parts)
        var orders = [
            merged(parts.reversed()),
            merged(parts.shuffled(using: &random)),
            merged([merged([parts[0], parts[1]]), merged([parts[2], parts[3]])]),
            merged([parts[0], merged([parts[1], merged([parts[2], parts[3]])])]),
        ]
        if isIdempotent { orders += [merged(parts + parts), merged([expected, parts[2]])] }
        for (number, other) in orders.enumerated() where other != expected {
            return "seed \(seed), order \(number): \(other) is not \(expected)"
        }
        guard let identity else { continue }
        if merged([identity, parts[0]]) != parts[0] || merged([parts[0], identity]) != parts[0] {
            return "seed \(seed): the identity changes a value"
        }
    }
    return nil
}
