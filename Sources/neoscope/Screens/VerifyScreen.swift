/// What all nodes hold, compared, as text for people.
enum VerifyScreen {
    /// Differences that are shown; all of them are in the JSON.
    private static let differencesShown = 20

    static func render(_ answer: VerifyAnswer) -> String {
        var text = self.verdict(answer)
        text += "  compared  \(answer.from) to \(answer.to), \(answer.partitions) partitions, "
        text += "\(Figures.count(Double(answer.chunks))) chunks of each copy\n"
        if answer.thinPartitions > 0 {
            text += "  thin      \(answer.thinPartitions) partitions have fewer owners than copies\n"
        }
        for foreign in answer.foreign {
            text +=
                "  foreign   \(Figures.plain(foreign.node)) holds \(Figures.count(Double(foreign.chunks))) chunks of "
            text += "\(foreign.partitions) partitions of others, to be handed over\n"
        }
        if !answer.differing.isEmpty { text += "\n" + self.table(answer) }
        if !answer.deadNodes.isEmpty {
            text +=
                Figures.plain("dead: \(answer.deadNodes.joined(separator: ", ")); they own nothing any more")
                + "\n"
        }
        return text + ClusterScreen.missing(answer.missingNodes)
    }

    private static func verdict(_ answer: VerifyAnswer) -> String {
        switch answer.status {
        case "clean": Paint.bold("All owners hold the same") + "\n"
        case "unequal":
            Paint.red("The owners of \(answer.unequalPartitions) partitions hold different chunks") + "\n"
        case "undelivered":
            Paint.red("\(answer.undeliveredPartitions) partitions lack something that another node holds")
                + "; their owners hold the same and will be given it\n"
        default:
            Paint.red(
                answer.missingNodes.isEmpty
                    ? "There are fewer nodes than copies wanted" : "Some nodes did not answer"
            ) + "; those that did hold the same\n"
        }
    }

    private static func table(_ answer: VerifyAnswer) -> String {
        var table = TextTable(["  partition", "from", "to", "chunks by owner"])
        for difference in answer.differing.prefix(Self.differencesShown) {
            table.add([
                "  \(difference.partition)", difference.from, difference.to,
                difference.owners.map { "\($0.node) \($0.chunks)" }.joined(separator: ", "),
            ])
        }
        let more = answer.differing.count - Self.differencesShown
        return table.text + (more > 0 ? "  and \(more) more\n" : "")
    }
}
