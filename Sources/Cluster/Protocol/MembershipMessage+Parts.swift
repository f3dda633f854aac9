internal import Telemetry

extension MembershipMessage {
    /// Bytes of a message's kind, numbers and counts, at most.
    private static var frontBytesMax: Int { 32 }

    /// The message as it is sent, in as many parts as the bound of a control connection demands.
    ///
    /// An exchange of all records grows with the cluster: all its parts but the last go as answers, which are taken and
    /// not answered, so that the whole is answered once. Rumors that do not fit follow as gossip.
    package var parts: [[UInt8]] {
        switch self {
        case .sync(let records, let isReply):
            let parts = Self.split(records.map { ($0, $0.byteCount) })
            return parts.enumerated().map { number, records in
                MembershipMessage.sync(records, isReply: isReply || number < parts.count - 1).encoded
            }
        case .gossip(let rumors): return Self.rumorParts(rumors) { .gossip($0) }
        case .ping(let sequence, let rumors):
            return Self.rumorParts(rumors) { .ping(sequence: sequence, rumors: $0) }
        case .pingRequest(let sequence, let target, let rumors):
            return Self.rumorParts(rumors, beside: NodeID.bytesMax) {
                .pingRequest(sequence: sequence, target: target, rumors: $0)
            }
        case .ack(let sequence, let responder, let rumors):
            return Self.rumorParts(rumors, beside: responder.byteCount) {
                .ack(sequence: sequence, responder: responder, rumors: $0)
            }
        case .nack, .placement: return [self.encoded]
        }
    }

    /// The first part as it is made, and the others as gossip.
    private static func rumorParts(
        _ rumors: [Rumor],
        beside bytes: Int = 0,
        _ first: ([Rumor]) -> MembershipMessage
    ) -> [[UInt8]] {
        let sized = rumors.map { ($0, $0.record.byteCount + NodeID.bytesMax + 1) }
        return self.split(sized, beside: bytes).enumerated().map { number, rumors in
            number == 0 ? first(rumors).encoded : MembershipMessage.gossip(rumors).encoded
        }
    }

    /// At least one part; each one keeps the bound.
    private static func split<Element>(_ elements: [(Element, bytes: Int)], beside: Int = 0) -> [[Element]] {
        var parts: [[Element]] = [[]]
        var left = self.bytesMax - self.frontBytesMax - beside
        for (element, bytes) in elements {
            if bytes > left {
                parts.append([])
                left = self.bytesMax - self.frontBytesMax
            }
            left -= bytes
            parts[parts.count - 1].append(element)
        }
        return parts
    }
}

extension MemberRecord {
    /// Bytes on the wire.
    fileprivate var byteCount: Int {
        var writer = ByteWriter(reserving: 128)
        self.encode(into: &writer)
        return writer.bytes.count
    }
}
