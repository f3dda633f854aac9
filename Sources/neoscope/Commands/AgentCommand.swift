internal import ArgumentParser
internal import Node

struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Run on a host: take telemetry in, sample the host, and stream all of it to the cluster.",
        discussion: """
            What a client was answered for is on this host's disk until the cluster holds it. Example:
              neoscope agent --seed 192.0.2.1:7940 --ca ca.crt --revocation-list crl.pem \
                --certificate agent-web-1.crt --key agent-web-1.key
            """
    )

    @OptionGroup var process: ProcessOptions
    @OptionGroup var peers: PeerOptions

    func run() async throws { try await self.process.run(.agent, self.peers.values) }
}
