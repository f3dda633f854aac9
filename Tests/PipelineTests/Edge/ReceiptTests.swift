import Pipeline
import Synchronization
import Testing

@Suite struct ReceiptTests {
    @Test func `a receipt answers once, with nothing or with a refusal`() {
        let answers = Mutex<[Refusal?]>([])
        Receipt { answer in answers.withLock { $0.append(answer) } }.accept()
        Receipt { answer in answers.withLock { $0.append(answer) } }.reject(.overloaded(retryAfterSeconds: 3))
        #expect(answers.withLock { $0 } == [nil, .overloaded(retryAfterSeconds: 3)])
    }

    @Test func `a refusal says what happened and what to do`() {
        let refusals: [Refusal] = [
            .malformed("x"), .tooLarge(limitBytes: 5), .overloaded(retryAfterSeconds: 2),
            .unavailable("disk full", retryAfterSeconds: 9),
        ]
        #expect(Set(refusals.map(\.reason)).count == 4)
        #expect(refusals[0].message.contains("x") && refusals[1].message.contains("5 bytes"))
        #expect(refusals[2].message.contains("2 s") && refusals[3].message == "disk full; send again in 9 s")
    }

    #if DEBUG
    @Test func `a receipt that is dropped without an answer traps in a debug build`() async {
        await #expect(processExitsWith: .failure) { _ = Receipt { _ in } }
    }
    #endif
}
