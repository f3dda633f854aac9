import Testing

extension Trait where Self == ConditionTrait {
    /// Skipped, visibly, where no folder can be mounted.
    static var needsMounts: Self {
        .enabled(if: Place.canMount, "mounting needs root, or user namespaces")
    }
}
