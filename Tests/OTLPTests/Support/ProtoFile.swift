import Foundation

/// The fields that a `.proto` file of ours states, read from its text.
struct ProtoFile {
    struct Field: Equatable {
        var name: String
        var type: String
        var label: String
        var number: Int
    }

    private(set) var messages: [String: [Field]] = [:]
    private(set) var enumerations: [String: [String: Int]] = [:]

    init(_ path: String) throws {
        let url = TestData.packageRoot.appending(path: "Sources/OTLPMessages/Protos").appending(path: path)
        var stack: [(kind: String, name: String)] = []
        for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("//") { continue }
            if let match = line.firstMatch(of: /^(message|enum|oneof|service) (\w+) \{/) {
                stack.append((String(match.1), String(match.2)))
                if match.1 == "message" { self.messages[String(match.2)] = [] }
            } else if line == "}" {
                stack.removeLast()
            } else if stack.last?.kind == "enum", let match = line.firstMatch(of: /^(\w+) = (0x)?(\w+);/),
                let number = Int(match.3, radix: match.2 == nil ? 10 : 16)
            {
                self.enumerations[stack.last?.name ?? "", default: [:]][String(match.1)] = number
            } else if let message = stack.last(where: { $0.kind == "message" })?.name,
                let match = line.firstMatch(of: /^(repeated |optional )?([\w.]+) (\w+) = (\d+);/),
                let number = Int(match.4)
            {
                let label =
                    stack.last?.kind == "oneof"
                    ? "oneof" : (match.1 ?? "").trimmingCharacters(in: .whitespaces)
                let type = String(match.2.split(separator: ".").last ?? "")
                self.messages[message]?.append(
                    Field(name: String(match.3), type: type, label: label, number: number)
                )
            }
        }
    }
}
