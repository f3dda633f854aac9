package import Telemetry

/// Something that was not kept, or not let in, with the reason; counted since the process started.
package struct Drop: Equatable, Sendable {
    /// What was done.
    package enum Kind: String, CaseIterable, Sendable {
        /// Items that were admitted, and then discarded.
        case dropped
        /// Requests that were refused whole; their senders were told.
        case refusedRequests = "refused_requests"
        /// Items that were refused one by one; their senders were told.
        case rejectedItems = "rejected_items"
        /// Connections and messages of peers that were refused.
        case refusedPeers = "refused_peers"
        /// Items that retention removed.
        case expired

        fileprivate var family: String {
            switch self {
            case .dropped: "neoscope_items_dropped_total"
            case .refusedRequests: "neoscope_refused_requests_total"
            case .rejectedItems: "neoscope_rejected_items_total"
            case .refusedPeers: "neoscope_peer_rejections_total"
            case .expired: "neoscope_storage_expired_items_total"
            }
        }
    }

    /// What was done.
    package var kind: Kind
    /// Of which signal; nil where there is none.
    package var signal: String?
    /// At which stage; nil where there is only one.
    package var stage: String?
    /// Why.
    package var reason: String
    /// How often, or how many.
    package var count: Double

    /// All that a process's own counters tell, without zeros.
    package static func all(in families: [MetricFamily]) -> [Drop] {
        self.Kind.allCases.flatMap { kind in
            families.filter { $0.name == kind.family }.flatMap(\.readings).compactMap { reading in
                guard reading.value > 0 else { return nil }
                func label(_ name: String) -> String? {
                    reading.labels.first { $0.name == name }?.value
                }
                return Drop(
                    kind: kind,
                    signal: label("signal"),
                    stage: label("stage"),
                    reason: label("reason") ?? (kind == .expired ? "retention" : ""),
                    count: reading.value
                )
            }
        }
    }
}
