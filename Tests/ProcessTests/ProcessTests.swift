import Testing

/// The program as its users meet it: real processes, real clients and real servers on loopback.
///
/// One test at a time. Each starts what it needs, waits for something that can be observed, and ends it by its pid.
/// The scenarios are played by the Python programs in `Drivers`, as most of the real clients are Python packages.
@Suite(.serialized)
enum ProcessTests {}
