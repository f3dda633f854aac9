internal import Pipeline

/// A receipt in a place that can be put into an array.
final class HeldReceipt {
    private var receipt: Receipt?

    init(_ receipt: consuming Receipt) { self.receipt = consume receipt }

    func settle(_ refusal: Refusal?) {
        guard let receipt = self.receipt.take() else { return }
        if let refusal { receipt.reject(refusal) } else { receipt.accept() }
    }
}
