/// Why a call failed: what stands in `error.type`, in the status and in the exception event.
struct Failure: Equatable, Sendable {
    /// A class name or a status code; few distinct ones.
    var type: String
    var message: String
}
