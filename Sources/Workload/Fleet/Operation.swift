/// One thing that a service can be asked for over HTTP.
struct Operation: Sendable {
    /// The span's name: method and route.
    var name: String
    var method: String
    var route: String
    /// How long the service itself works on it, in nanoseconds, without the calls it makes.
    var medianNanoseconds: Double
    var query: DatabaseQuery
}
