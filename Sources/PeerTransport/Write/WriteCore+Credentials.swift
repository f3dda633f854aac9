internal import Cluster

extension WriteCore {
    /// Compares what is stored with other collectors, over the connections on which they are asked about everything else.
    func repair(
        of store: any RepairStore,
        _ options: Repair.Options,
        _ tally: RepairTally
    ) -> RepairLoop {
        RepairLoop(
            on: self.loop,
            self.local,
            store,
            options,
            questions: self.questions,
            number: { [unowned self] in self.nextNumber() },
            tally: tally,
            logger: self.logger
        )
    }

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
