internal import Foundation
internal import HTTPTypes
internal import Storage

/// The `tags` parameter of Jaeger's search: a JSON object, or `key:value` words.
enum JaegerTags {
    static func parse(_ arguments: RequestArguments) throws(APIFailure) -> [AttributeMatch] {
        var result: [AttributeMatch] = []
        if let text = arguments.text("tags", "attributes", "query.attributes") {
            guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
                throw APIFailure(.badRequest, "expected a JSON object of attributes, not \"\(text)\"")
            }
            for (key, value) in object.sorted(by: { $0.key < $1.key }) {
                result.append(AttributeMatch(key: key, value: "\(value)"))
            }
        }
        if let text = arguments.text("tag") {
            guard let colon = text.firstIndex(of: ":") else {
                throw APIFailure(.badRequest, "expected tag as key:value, not \"\(text)\"")
            }
            result.append(AttributeMatch(key: String(text[..<colon]), value: String(text[text.index(after: colon)...])))
        }
        return result
    }
}
