/// Log records as text for people.
enum LogScreen {
    static func render(_ answer: LogAnswerBody) -> String {
        let logs = answer.logs ?? []
        guard !logs.isEmpty else { return "no log records fit\n" }
        return logs.map { Figures.plain("\($0.time)  \($0.severity)  \($0.service)  \($0.body.text)") + "\n" }
            .joined()
    }
}
