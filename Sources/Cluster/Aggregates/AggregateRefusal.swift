/// Why a slot or a told total was not taken.
package enum AggregateRefusal: String, CaseIterable, Sendable {
    /// Its window lies below the floor.
    case tooOld = "too_old"
    /// Its window lies too far in the future.
    case tooFarAhead = "too_far_ahead"
    /// It is no series of a service, or does not live under the key of its chunk.
    case foreignSubject = "foreign_subject"
    /// Its value is not of its series' kind.
    case kind
    /// Its series is longer than one may be.
    case tooLarge = "too_large"
    /// Its window has as many series as there is room for, all of smaller hashes; or it was pushed out by one.
    case tooManySeries = "too_many_series"
    /// Its window has as many chunks as there is room for.
    case tooManyChunks = "too_many_chunks"
    /// Another series has the same hash, and its bytes come first.
    case collision
}
