internal import Cluster
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Telemetry

/// Questions of peers: about what is stored, and for credentials that they lack.
extension PeerDesk {
    /// Questions of one connection of a collector at once.
    private static let questionsMax = 64
    /// The same of an agent, which asks for credentials alone, and for nothing twice.
    private static let agentQuestionsMax = 2

    func takeQuestion(_ header: PeerHeader, _ body: ByteBuffer, _ guest: Guest) {
        guard guest.certificate.identity.role == .collector else {
            self.tally.note(.role)
            return guest.connection.send(
                .failure,
                request: header.request,
                ShortText.encoded("agents may not read")
            )
        }
        guard let reply = self.begin(header, guest) else { return }
        let (answerer, question) = (self.answerer, Array(body.readableBytesView))
        Self.find(question, answerer, reply)
    }

    /// Gives agents and collectors what they lack of the shared credentials.
    func takeFetch(_ header: PeerHeader, _ body: ByteBuffer, _ guest: Guest) {
        guard let credentials = self.credentials, let asker = try? CredentialSummary(body.readableBytesSpan)
        else {
            return guest.connection.send(
                .failure,
                request: header.request,
                ShortText.encoded("expected a summary of credentials, at a node that shares some")
            )
        }
        guard let reply = self.begin(header, guest) else { return }
        // Many tokens take a while to be written down; the event loop goes on.
        NIOThreadPool.singleton.submit { _ in reply(.success(credentials.update(for: asker).encoded)) }
    }

    /// Counts a question until its answer is written; nil where there are too many.
    private func begin(
        _ header: PeerHeader,
        _ guest: Guest
    ) -> (@Sendable (Result<[UInt8], any Error>) -> Void)? {
        let (connection, request) = (guest.connection, header.request)
        let isAgent = guest.certificate.identity.role == .agent
        guard guest.questions < (isAgent ? Self.agentQuestionsMax : Self.questionsMax) else {
            connection.send(
                .failure,
                request: request,
                ShortText.encoded("too many questions at once")
            )
            return nil
        }
        self.guests[ObjectIdentifier(connection)]?.questions += 1
        let handle = PeerHandle(connection, on: self.core.loop)
        let desk = NIOLoopBound(self, eventLoop: self.core.loop)
        return { result in handle.perform { desk.value.answer(result, to: request, on: $0) } }
    }

    /// Writes an answer; what waits of it is counted until it is written, as is its question: whoever asks and does not
    /// read is not asked for more memory.
    private func answer(
        _ result: Result<[UInt8], any Error>,
        to request: UInt64,
        on connection: PeerConnection
    ) {
        let (id, memory) = (ObjectIdentifier(connection), self.core.memory)
        guard self.guests[id] != nil else { return }
        func refuse(_ reason: String) {
            connection.send(.failure, request: request, ShortText.encoded(reason))
            self.guests[id]?.questions -= 1
        }
        switch result {
        case .failure(let error): refuse("\(error)")
        case .success(let bytes):
            guard bytes.count <= PeerProtocol.answerBytesMax else { return refuse("the answer is too large") }
            guard memory.takeAnswer(bytes.count) else { return refuse("too much waits to be read here") }
            self.guests[id]?.answerBytes += bytes.count
            connection.sendParts(bytes, request: request) {
                memory.giveAnswer(bytes.count)
                self.guests[id]?.answerBytes -= bytes.count
                self.guests[id]?.questions -= 1
            }
        }
    }

    private static func find(
        _ question: [UInt8],
        _ answerer: @escaping Answerer,
        _ done: @escaping @Sendable (Result<[UInt8], any Error>) -> Void
    ) {
        Task {
            do { done(.success(try await answerer(question))) } catch { done(.failure(error)) }
        }
    }
}
