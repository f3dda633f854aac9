/// Log records as text for people.
enum LogScreen {
    static func render(_ answer: LogAnswerBody) -> String {
        let logs = answer.logs ?? []
        let lines = logs.map { log in
            Figures.plain("\(log.time)  \(log.severity)  \(log.service)  \(log.body.text)") + "\n"
        }
        return (logs.isEmpty ? "no log records fit\n" : lines.joined())
            + ClusterScreen.missing(answer.missingNodes)
    }
}
