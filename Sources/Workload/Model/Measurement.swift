/// What a service would have recorded into its instruments while a trace was made.
enum Measurement: Sendable {
    /// A request served.
    case request(service: Int, operation: Int, nanoseconds: UInt64, failed: Bool)
    /// An answer of a model.
    case inference(service: Int, model: Int, nanoseconds: UInt64, inputTokens: Int, outputTokens: Int)
    /// A skill executed.
    case skill(index: Int, nanoseconds: UInt64, failed: Bool)
}
