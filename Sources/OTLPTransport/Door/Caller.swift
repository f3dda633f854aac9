internal import Access
internal import OTLP

/// Who sends on a connection, as the door's gate knows it.
struct Caller: Sendable {
    private let gate: Gate
    private let connection: DoorConnection

    init(_ gate: Gate, _ connection: DoorConnection) {
        self.gate = gate
        self.connection = connection
    }

    /// Why a request may not bring telemetry; nil where it may.
    ///
    /// It is counted by the gate, not by the edge, which hears only of requests that may.
    func refusal(authorization: String?) -> OTLPRefusal? {
        guard
            let refusal = self.gate.refusal(
                of: .writing,
                to: self.connection,
                authorization: authorization
            )
        else { return nil }
        // Neither is to be sent again as it is (OTLP specification, "Failures").
        return OTLPRefusal(
            refusal.asksForCredential ? .unauthenticated : .permissionDenied,
            refusal.message(for: .writing)
        )
    }
}
