internal import ArgumentParser

struct ClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Show the cluster: its members, and where things are kept.",
        discussion: "Any collector answers for all. A process that runs alone (neoscope up) has no cluster.",
        subcommands: [Status.self, Members.self, Placement.self],
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
}
