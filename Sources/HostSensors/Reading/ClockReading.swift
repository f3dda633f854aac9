/// How well the kernel thinks its clock keeps time.
///
/// Source: adjtimex(2).
package struct ClockReading: Equatable, Sendable {
    /// Whether something keeps the clock in step with the world.
    package var isSynchronized: Bool
    /// Difference from the reference clock that is still to be removed.
    package var offsetSeconds: Double
    /// The most the clock can be wrong; grows while nothing keeps it in step, up to 16 s.
    package var maximumErrorSeconds: Double
    /// How wrong the clock probably is.
    package var estimatedErrorSeconds: Double
    /// Correction of the clock's speed; 1 means none.
    package var frequencyRatio: Double
    /// The kernel's status bits, `STA_*`.
    package var status: Int32
    /// How slowly the control loop reacts, as a power of two.
    package var loopTimeConstant: Double
    /// Length of a clock tick.
    package var tickSeconds: Double
    /// Atomic time less UTC.
    package var taiOffsetSeconds: Double
}
