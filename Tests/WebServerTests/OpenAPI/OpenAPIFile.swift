import Foundation
import Yams

/// `configs/openapi.yaml`, read as plain data.
struct OpenAPIFile {
    struct Damage: Error, CustomStringConvertible {
        var description: String
    }

    /// One method of one path.
    struct Operation: Hashable {
        var path: String
        var method: String
    }

    let root: JSONValue

    init() throws {
        let url = TestData.packageRoot.appending(path: "configs/openapi.yaml")
        let yaml = try String(contentsOf: url, encoding: .utf8)
        self.root = try Self.value(try Yams.load(yaml: yaml) as Any)
    }

    var operations: Set<Operation> {
        var result: Set<Operation> = []
        for path in self.root["paths"]?.keys ?? [] {
            for method in self.root["paths"]?[path]?.keys ?? [] {
                result.insert(Operation(path: path, method: method))
            }
        }
        return result
    }

    /// What follows a `$ref`; the value itself where it is none.
    func resolved(_ value: JSONValue?) throws -> JSONValue? {
        guard let reference = value?["$ref"]?.text else { return value }
        guard reference.hasPrefix("#/") else { throw Damage(description: "\(reference) leads outside") }
        var found: JSONValue? = self.root
        for part in reference.dropFirst(2).split(separator: "/") { found = found?[String(part)] }
        guard let found else { throw Damage(description: "\(reference) leads nowhere") }
        return found
    }

    /// The content of an operation's answer by media type; nil for a status that is not documented.
    func content(of operation: Operation, status: Int) throws -> JSONValue? {
        let responses = self.root["paths"]?[operation.path]?[operation.method]?["responses"]
        return try self.resolved(responses?[String(status)])?["content"]
    }

    private static func value(_ any: Any) throws -> JSONValue {
        switch any {
        case let text as String: .text(text)
        case let truth as Bool: .bool(truth)
        case let number as Int: .number(Double(number))
        case let number as Double: .number(number)
        case is NSNull: .null
        case let list as [Any]: .list(try list.map(Self.value))
        case let members as [AnyHashable: Any]:
            .object(
                Dictionary(
                    try members.map { key, value in
                        guard let name = key as? String else {
                            throw Damage(description: "key \(key) is no text")
                        }
                        return (name, try Self.value(value))
                    },
                    uniquingKeysWith: { $1 }
                )
            )
        default: throw Damage(description: "\(any) is nothing JSON has")
        }
    }
}
