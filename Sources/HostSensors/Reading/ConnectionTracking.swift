/// How full the kernel's table of tracked connections is.
package struct ConnectionTracking: Equatable, Sendable {
    /// Connections tracked now.
    package var entries: UInt64
    /// Connections that can be tracked; more are dropped.
    package var limit: UInt64?
}
