internal import ArgumentParser
internal import Node

struct CollectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collector",
        abstract: "Run a node of the cluster: keep a share of everything, and answer for all of it.",
        discussion: """
            The first collector needs no seed; each further one joins by the address of any other, here one at 192.0.2.4:
              neoscope pki issue collector node-4 --ip 192.0.2.4
              neoscope collector --peer 192.0.2.4:7940 --seed 192.0.2.1:7940 --ca ca.crt --revocation-list crl.pem \
                --certificate collector-node-4.crt --key collector-node-4.key
            All collectors begin with the same cluster.replication; see neoscope cluster parameters. SIGTERM hands over what only this node holds, \
            and takes leave; SIGHUP reads certificates and the revocation list again, as a change of the files does.
            """
    )

    @OptionGroup var process: ProcessOptions

    @Option(help: "HOST:PORT for agents and other collectors. Port 0 lets the system choose.")
    var peer: String?

    @Option(help: "HOST:PORT under which others reach it, where that is not --peer.")
    var advertise: String?

    @Option(help: "Copies of everything where a cluster begins; the same on all collectors.")
    var replication: Int?

    @OptionGroup var peers: PeerOptions

    func run() async throws {
        var values = self.peers.values
        values["cluster.listen"] = self.peer
        values["cluster.advertise"] = self.advertise
        values["cluster.replication"] = self.replication.map(String.init)
        try await self.process.run(.collector, values)
    }
}
