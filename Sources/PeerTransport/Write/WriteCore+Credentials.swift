internal import Cluster

extension WriteCore {
    /// Asks other collectors for credentials, over the connections on which they are asked about everything else.
    func fetcher(for credentials: any SharedCredentials) -> CredentialFetcher {
        CredentialFetcher(
            on: self.loop,
            credentials,
            number: { [unowned self] in self.nextNumber() },
            send: { [data = self.data] in data.send(.fetch, $1, $0, to: $2) },
            settle: { [data = self.data] in data.settle($0, by: $1) },
            logger: self.logger
        )
    }
}
