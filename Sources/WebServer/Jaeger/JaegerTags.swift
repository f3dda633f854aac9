internal import Foundation
internal import HTTPTypes
internal import Storage

/// The `tags` parameter of Jaeger's search: a JSON object, or `key:value` words.
enum JaegerTags {
    static func parse(_ arguments: RequestArguments) throws(APIFailure) -> [AttributeMatch] {
        var result: [AttributeMatch] = []
        if let text = arguments.text("tags", "attributes", "query.attributes") {
            guard let object = try? JSONDecoder().decode([String: Scalar].self, from: Data(text.utf8)) else {
                throw APIFailure(
                    .badRequest,
                    "expected a JSON object of texts, numbers and truth values as attributes, not \"\(text)\""
                )
            }
            for (key, value) in object.sorted(by: { $0.key < $1.key }) {
                result.append(AttributeMatch(key: key, value: value.text))
            }
        }
        for text in arguments.texts("tag") {
            guard let colon = text.firstIndex(of: ":") else {
                throw APIFailure(.badRequest, "expected tag as key:value, not \"\(text)\"")
            }
            let value = String(text[text.index(after: colon)...])
            result.append(AttributeMatch(key: String(text[..<colon]), value: value))
        }
        return result
    }

    /// A value as attributes are compared: by its text.
    private struct Scalar: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let truth = try? container.decode(Bool.self) {
                self.text = truth ? "true" : "false"
            } else if let whole = try? container.decode(Int64.self) {
                self.text = String(whole)
            } else if let number = try? container.decode(Double.self) {
                self.text = String(number)
            } else {
                self.text = try container.decode(String.self)
            }
        }
    }
}
