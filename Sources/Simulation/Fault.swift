/// Something that goes wrong, or right again, at a moment.
package enum Fault: Equatable, Sendable {
    /// The process dies; its disk stays.
    case crash(Int)
    /// It starts again.
    case restart(Int)
    /// The process stands still, as under SIGSTOP.
    case pause(Int)
    /// It goes on.
    case resume(Int)
    /// Groups of nodes lose sight of each other.
    case split([[Int]])
    /// Nothing gets through one way.
    case cut(from: Int, to: Int)
    /// All links are well again.
    case heal
    /// Every link loses so many packets in a thousand.
    case loss(perMille: Int)
    /// The node says goodbye.
    case leave(Int)
}
