/// A service of the synthetic fleet: one process on one host.
struct SyntheticService: Sendable {
    var name: String
    var host: String
    var operations: [Operation]
    /// The Resource as a field of a resource group, encoded once.
    var resourceField: [UInt8]
}
