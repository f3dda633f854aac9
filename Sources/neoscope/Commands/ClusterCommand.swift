internal import ArgumentParser

struct ClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract:
            "Show the cluster and what it holds, change how many copies there are, and let nodes go.",
        discussion: "Any collector answers for all. A process that runs alone (neoscope up) has no cluster.",
        subcommands: [
            Status.self, Members.self, Placement.self, Parameters.self, Verify.self, Drain.self, Rejoin.self,
            Forget.self,
        ],
        defaultSubcommand: Status.self
    )

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show members by status, and how the partitions are covered."
        )

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = self.options.client
            let bytes = try await client.get("/api/v1/cluster")
            switch self.options.output {
            case .json: StandardOutput.write(bytes + [0x0a])
            case .table:
                StandardOutput.write(ClusterScreen.summary(try client.decode(ClusterAnswer.self, bytes)))
            }
        }
    }

    struct Members: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show every node with its load and lag, and the agents that they know."
        )

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = self.options.client
            let bytes = try await client.get("/api/v1/cluster/members")
            switch self.options.output {
            case .json: StandardOutput.write(bytes + [0x0a])
            case .table:
                StandardOutput.write(ClusterScreen.members(try client.decode(MembersAnswer.self, bytes)))
            }
        }
    }

    struct Placement: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show which nodes are to hold a trace, and which do."
        )

        @Argument(help: "The trace id, 32 hexadecimal digits.")
        var id: String

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = self.options.client
            let bytes = try await client.get("/api/v1/cluster/placement/\(self.id)")
            switch self.options.output {
            case .json: StandardOutput.write(bytes + [0x0a])
            case .table:
                StandardOutput.write(ClusterScreen.placement(try client.decode(PlacementAnswer.self, bytes)))
            }
        }
    }

    struct Parameters: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what all nodes place by, or change it for all.",
            discussion: """
                A change goes to any node and holds on all within a second, after restarts too; it takes an operator's \
                certificate. It counts for what comes from then on.
                """
        )

        @Option(help: "Copies of each chunk, 1 to 5.") var replication: Int?
        @Option(help: "Copies before an agent lets go, 1 to replication. Default: 2, or as it was set.")
        var confirmations: Int?
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = self.options.client
            let path = "/api/v1/cluster/parameters"
            let isChange = self.replication != nil || self.confirmations != nil
            let bytes =
                isChange
                ? try await client.post(
                    path,
                    [
                        ("replication", self.replication.map(String.init)),
                        ("confirmations", self.confirmations.map(String.init)),
                    ]
                ) : try await client.get(path)
            switch self.options.output {
            case .json: StandardOutput.write(bytes + [0x0a])
            case .table:
                let answer = try client.decode(ClusterAnswer.Parameters.self, bytes)
                StandardOutput.write(ClusterScreen.parameters(answer) + "\n")
            }
        }
    }
}
