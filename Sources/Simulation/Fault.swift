/// Something that goes wrong, or right again, at a moment.
package enum Fault: Equatable, Sendable {
    /// The process dies; its disk stays.
    case crash(Int)
    /// It starts again, also after it left.
    case restart(Int)
    /// The process dies and its disk is empty when it starts again: frames, and the count of its starts.
    case wipe(Int)
    /// The process stands still, as under SIGSTOP.
    case pause(Int)
    /// It goes on.
    case resume(Int)
    /// A further node starts for the first time; its number is the count of nodes so far.
    case join(Int)
    /// The node hands over what it owes, says goodbye and ends; its disk stays.
    case leave(Int)
    /// The node hands over everything that it holds; as the operator wants, it ends once that is safe.
    case drain(Int, Ending)
    /// It takes its share again; where it has ended, it starts.
    case rejoin(Int)
    /// An operator says that a node which is dead will not come back.
    case forget(Int)
    /// An operator deletes so many traces for good through a node, which holds them.
    case purge(Int, traces: Int)
    /// The process of an agent dies; its spool stays.
    case crashAgent(Int)
    /// It starts again.
    case restartAgent(Int)
    /// An operator asks a node for so many copies of everything from now on, 2 to 5.
    case replicate(Int, copies: Int)
    /// Groups of nodes lose sight of each other.
    case split([[Int]])
    /// Nothing gets through one way.
    case cut(from: Int, to: Int)
    /// A way that was cut lets everything through again; others stay as they are.
    case mend(from: Int, to: Int)
    /// All links are well again.
    case heal
    /// Every link loses so many packets in a thousand.
    case loss(perMille: Int)
    /// So many data messages in a thousand arrive once more later on, frames of agents at any node: as after
    /// reconnects and by other relays.
    case duplicates(perMille: Int)
    /// So many data messages in a thousand are overtaken by later ones, as on another connection.
    case reordering(perMille: Int)
    /// Every write takes so many times as long.
    case slowDisk(Int, factor: Int)
    /// Nothing new is written.
    case fullDisk(Int)
    /// The disk has its speed and space again, and its node says what it holds.
    case healDisk(Int)
    /// So many frames in a thousand on a disk cannot be read any more, before anybody noticed.
    case rot(Int, perMille: Int)
    /// The same frames on all disks.
    case rotEverywhere(perMille: Int)
    /// The wall clock of a node is so far ahead, or behind; its process notices when it starts.
    case skew(Int, milliseconds: Int)
    /// The node answers garbage to whoever compares what it holds.
    case lie(Int)

    /// What an operator does with a node that hands over.
    package enum Ending: Equatable, Sendable {
        /// Nothing: it stays.
        case stays
        /// It ends as soon as others hold all that it holds; its disk is kept.
        case stops
        /// It ends once it holds nothing any more, and its disk is thrown away.
        case isDiscarded
    }
}
