import Cluster
import Telemetry

extension NodeID {
    /// A name that a test writes out.
    static func named(_ text: String) -> NodeID {
        guard let node = NodeID(text) else { preconditionFailure("\(text) is no name") }
        return node
    }
}

extension MemberRecord {
    static func named(
        _ text: String,
        epoch: UInt64 = 1,
        incarnation: UInt32 = 0,
        status: MemberStatus = .alive,
        zone: String = ""
    ) -> MemberRecord {
        MemberRecord(
            node: .named(text),
            epoch: epoch,
            run: ContentHash.hash64(Array("\(text) \(epoch)".utf8).raw),
            incarnation: incarnation,
            status: status,
            address: "\(text):7940",
            api: "\(text):8900",
            zone: zone
        )
    }
}
