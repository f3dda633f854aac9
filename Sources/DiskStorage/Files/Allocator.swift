internal import CMalloc

/// The C library's memory.
enum Allocator {
    /// Gives the system what was freed and is kept for later.
    ///
    /// A merge or a repair wants tens of mebibytes at once, and would leave its high-water mark for good;
    /// malloc_trim(3). Takes milliseconds, during which others may wait for memory.
    static func giveBack() { _ = malloc_trim(0) }
}
