internal import ArgumentParser

extension ClusterCommand {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare what the owners of every partition hold, and say what differs.",
            discussion: """
                Asks all nodes for digests, partition by partition, and by the hour or minute where they differ. Exits with 0 where \
                every partition has all its copies, with 1 where owners differ, lack what another node holds, or did not answer, and \
                where there are fewer nodes than copies.
                """
        )

        @Flag(help: "Compare the last two minutes too, of which something may still be under way.")
        var young = false
        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = self.options.client
            let bytes = try await client.get(
                "/api/v1/cluster/verify",
                [("young", self.young ? "true" : nil)]
            )
            let answer = try client.decode(VerifyAnswer.self, bytes)
            switch self.options.output {
            case .json: StandardOutput.write(bytes + [0x0a])
            case .table: StandardOutput.write(VerifyScreen.render(answer))
            }
            if answer.status != "clean" { throw ExitCode(1) }
        }
    }
}
