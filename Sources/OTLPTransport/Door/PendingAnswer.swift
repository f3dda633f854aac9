internal import Pipeline

/// Joins the two halves of an answer: what was admitted, and whether it is safe.
final class PendingAnswer {
    /// What the sender is told.
    enum Outcome {
        case accepted(Admission)
        case refused(Refusal)
    }

    private var admission: Admission?
    private var isSettled = false
    private var refusal: Refusal?
    private var isNoted = false

    func note(_ admission: Admission?) {
        self.admission = admission
        self.isNoted = true
    }

    func settle(_ refusal: Refusal?) {
        self.refusal = refusal
        self.isSettled = true
    }

    /// The outcome, once, when both halves are there.
    func take() -> Outcome? {
        guard self.isSettled, self.isNoted else { return nil }
        self.isSettled = false
        if let refusal = self.refusal { return .refused(refusal) }
        return .accepted(self.admission ?? Admission())
    }
}
