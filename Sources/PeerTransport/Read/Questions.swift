internal import Cluster
internal import NIOCore

/// Questions to other collectors about what they store, and the parts of their answers; belongs to its event loop.
final class Questions {
    private struct Question {
        var answer: [UInt8] = []
        var done: @Sendable (Result<[UInt8], QuestionFailure>) -> Void
        var timer: Scheduled<Void>
        var node: NodeID
    }

    /// A node that is suspect is waited for so long and no longer: what is confirmed lies on others too.
    static let suspectTimeout = TimeAmount.seconds(1)

    private let loop: any EventLoop
    private let links: NodeLinks
    private let memory: PeerMemory
    private var open: [UInt64: Question] = [:]
    /// Nodes that cannot be counted on now.
    private var suspects: Set<NodeID> = []

    init(loop: any EventLoop, links: NodeLinks, memory: PeerMemory) {
        self.memory = memory
        self.loop = loop
        self.links = links
    }

    /// Asks a node; `done` is called once, on the event loop.
    func ask(
        _ body: [UInt8],
        as request: UInt64,
        of node: NodeID,
        within timeout: TimeAmount,
        done: @escaping @Sendable (Result<[UInt8], QuestionFailure>) -> Void
    ) {
        let isSuspect = self.suspects.contains(node)
        self.open[request] = Question(
            done: done,
            timer: self.timer(request, in: isSuspect ? min(timeout, Self.suspectTimeout) : timeout),
            node: node
        )
        if !self.links.send(.read, request, body, to: node) {
            self.end(request, .failure(QuestionFailure("it cannot be reached")))
        }
    }

    func answered(_ header: PeerHeader, _ body: ByteBuffer, by node: NodeID) {
        guard let question = self.open[header.request], question.node == node else { return }
        switch PeerMessageKind(rawValue: header.kind) {
        case .part:
            guard question.answer.count + body.readableBytes <= PeerProtocol.answerBytesMax else {
                return self.end(header.request, .failure(QuestionFailure("the answer is too large")))
            }
            guard self.memory.takeAnswer(body.readableBytes) else {
                return self.end(header.request, .failure(QuestionFailure("too much is read here at once")))
            }
            self.open[header.request]?.answer += body.readableBytesView
            guard header.flags & PeerHeader.lastPart != 0 else { return }
            self.end(header.request, .success(self.open[header.request]?.answer ?? []))
        case .failure:
            self.end(header.request, .failure(QuestionFailure(ShortText.decoded(body.readableBytesSpan))))
        default: break
        }
    }

    func unanswered(_ request: UInt64, by node: NodeID) {
        self.end(request, .failure(QuestionFailure("the connection ended")))
    }

    /// Whoever has become suspect has little time left for what it was asked.
    func viewChanged(_ view: ClusterView) {
        let suspects = Set(view.records.filter { $0.status == .suspect }.map(\.node))
        let fresh = suspects.subtracting(self.suspects)
        self.suspects = suspects
        for request in self.open.keys.sorted() {
            guard let question = self.open[request], fresh.contains(question.node) else { continue }
            question.timer.cancel()
            self.open[request]?.timer = self.timer(request, in: Self.suspectTimeout)
        }
    }

    private func timer(_ request: UInt64, in timeout: TimeAmount) -> Scheduled<Void> {
        let questions = NIOLoopBound(self, eventLoop: self.loop)
        return self.loop.scheduleTask(in: timeout) {
            questions.value.end(request, .failure(QuestionFailure("no answer in time")))
        }
    }

    private func end(_ request: UInt64, _ result: Result<[UInt8], QuestionFailure>) {
        guard let question = self.open.removeValue(forKey: request) else { return }
        question.timer.cancel()
        self.memory.giveAnswer(question.answer.count)
        self.links.settle(request, by: question.node)
        question.done(result)
    }
}

/// Why a node did not answer.
package struct QuestionFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// For people.
    package var description: String

    /// A reason.
    package init(_ description: String) { self.description = description }
}
