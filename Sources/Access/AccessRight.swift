/// What somebody asks a door for.
package enum AccessRight: String, CaseIterable, Sendable {
    /// Whether the process lives and is ready, in a word.
    case health
    /// The process's own figures: metrics, and the state of each part.
    case figures
    /// Stored telemetry.
    case reading
    /// Telemetry to be taken in.
    case writing
    /// To delete or to rewrite what is stored.
    case administration
}
