package import Telemetry

/// A node's picture of the cluster: who is in it, and how it places.
package struct ClusterView: Equatable, Sendable {
    /// Records that a view may have: as many as a membership.
    static let recordsMax = 4096

    /// Everybody that is known, sorted by name.
    package var records: [MemberRecord]
    /// What all place by.
    package var parameters: PlacementParameters

    /// A view of members.
    package init(_ records: [MemberRecord], _ parameters: PlacementParameters) {
        self.records = records
        self.parameters = parameters
    }

    /// Members that answer: whom writes and reads go to.
    package var available: [MemberRecord] {
        self.records.filter { $0.status == .alive || $0.status == .leaving }
    }

    /// The record of a member; nil where it is not known.
    package func record(of node: NodeID) -> MemberRecord? { self.records.first { $0.node == node } }

    func encode(into writer: inout ByteWriter) {
        PlacementParameters.encode(self.parameters, into: &writer)
        writer.varint(UInt64(self.records.count))
        for record in self.records { record.encode(into: &writer) }
    }

    /// As it is sent by itself.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 64 + self.records.count * 96)
        self.encode(into: &writer)
        return writer.bytes
    }

    /// Reads a view that was sent by itself.
    package init(decoding bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        self = try ClusterView(from: &reader)
    }

    init(from reader: inout WireReader) throws(WireFailure) {
        guard let parameters = try PlacementParameters.optional(from: &reader) else {
            throw .invalidTag(atByte: reader.offset)
        }
        self.parameters = parameters
        let count = try reader.varint()
        guard count <= UInt64(Self.recordsMax) else { throw .tooMany(atByte: reader.offset) }
        self.records = []
        for _ in 0..<count { self.records.append(try MemberRecord(from: &reader)) }
    }
}
