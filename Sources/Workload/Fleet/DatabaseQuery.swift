/// The statement that an operation sends to its database.
struct DatabaseQuery: Sendable {
    var verb: String
    var table: String
    /// With placeholders instead of values.
    var text: String
    var medianNanoseconds: Double
}
