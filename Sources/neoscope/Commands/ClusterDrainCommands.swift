internal import ArgumentParser

extension ClusterCommand {
    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have a node hand over what only it holds, so that it may be stopped.",
            discussion: """
                The node says that it leaves: it owns nothing any more, takes nothing new, and is not ready for clients. Waits until other \
                nodes hold everything that it holds; with --empty until they hold all copies that there are to be, and the node \
                holds nothing, for a node that goes for good. A node that starts again is a member as before.
                """
        )

        @Argument(help: "The node's name; the one that is asked where it is left out.") var node: String?
        @Flag(help: "Wait until the node holds nothing that the cluster needs.") var empty = false
        @Option(help: "Seconds to wait; 0 gives the order and does not wait.") var timeout = 300
        @OptionGroup var access: AdministrationOptions
        @Option(help: "table for people, json for programs.") var output = OutputFormat.table

        func run() async throws {
            let client = try await self.access.client()
            var answer = try client.decode(
                HandoverAnswer.self,
                try await client.post("/api/v1/cluster/drain", [("node", self.node)])
            )
            let start = ContinuousClock.now
            while !self.isDone(answer), ContinuousClock.now - start < .seconds(self.timeout) {
                StandardError.write("\(HandoverScreen.line(answer))\n")
                try await Task.sleep(for: .seconds(1))
                answer = try client.decode(
                    HandoverAnswer.self,
                    try await client.get("/api/v1/cluster/drain", [("node", self.node)])
                )
            }
            switch self.output {
            case .json: try StandardOutput.write(json: answer)
            case .table: StandardOutput.write(HandoverScreen.line(answer) + "\n")
            }
            if self.timeout > 0, !self.isDone(answer) { throw ExitCode(1) }
        }

        private func isDone(_ answer: HandoverAnswer) -> Bool {
            self.timeout == 0 || (self.empty ? answer.empty : answer.safeToStop)
        }
    }

    struct Rejoin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back that a node was drained: it owns its share again."
        )

        @Argument(help: "The node's name.") var node: String
        @OptionGroup var access: AdministrationOptions
        @Option(help: "table for people, json for programs.") var output = OutputFormat.table

        func run() async throws {
            let client = try await self.access.client()
            let bytes = try await client.post("/api/v1/cluster/rejoin", [("node", self.node)])
            switch self.output {
            case .json: StandardOutput.write(bytes + [0x0a])
            case .table: StandardOutput.write("\(self.node) stays in the cluster\n")
            }
        }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say goodbye for a node that is dead and will not come back.",
            discussion:
                "Nobody waits for its answers any more. A node that lives is not forgotten; one that comes back is a member again."
        )

        @Argument(help: "The node's name.") var node: String
        @OptionGroup var access: AdministrationOptions
        @Option(help: "table for people, json for programs.") var output = OutputFormat.table

        func run() async throws {
            let client = try await self.access.client()
            let bytes = try await client.post("/api/v1/cluster/forget", [("node", self.node)])
            switch self.output {
            case .json: StandardOutput.write(bytes + [0x0a])
            case .table: StandardOutput.write("\(self.node) is forgotten\n")
            }
        }
    }
}

/// How far a node has come with handing over.
struct HandoverAnswer: Codable {
    var node: String
    var status: String
    var owedFrames: UInt64
    var lonePartitions: UInt64
    var heldPartitions: UInt64
    var safeToStop: Bool
    var empty: Bool
}

/// The same as text for people.
enum HandoverScreen {
    static func line(_ answer: HandoverAnswer) -> String {
        let state = answer.empty ? "empty" : answer.safeToStop ? "safe to stop" : "handing over"
        return
            "\(answer.node) is \(answer.status), \(state): \(answer.owedFrames) frames owed, \(answer.lonePartitions) partitions "
            + "that only it holds something of, \(answer.heldPartitions) partitions held"
    }
}
