import Telemetry
import TestSupport
import Testing

/// Holds a mergeable value to its laws: commutative, associative, with an identity.
func expectMergeLaws<Value: Equatable>(
    seeds: ClosedRange<UInt64>,
    identity: Value? = nil,
    make: (inout SplitMix64) -> Value,
    merge: (inout Value, Value) -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let breach = mergeLawBreach(seeds: seeds, identity: identity, make: make, merge: merge)
    if let breach { Issue.record("\(breach)", sourceLocation: sourceLocation) }
}
