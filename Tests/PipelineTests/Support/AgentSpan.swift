import Foundation
import OTLPMessages
import Pipeline
import SwiftProtobuf
import Telemetry

/// A span of some agent framework: a name and attributes, however they were recorded.
struct AgentSpan {
    var name: String
    var attributes: [String: AttributeValue]

    enum AttributeValue: Equatable {
        case text(String)
        case integer(Int64)
        case double(Double)

        var number: Double? {
            switch self {
            case .text: nil
            case .integer(let value): Double(value)
            case .double(let value): value
            }
        }

        var text: String? { if case .text(let text) = self { text } else { nil } }
    }

    func number(_ key: String) -> Double? { self.attributes[key]?.number }
    func text(_ key: String) -> String? { self.attributes[key]?.text }

    /// The GenAI series and values that an edge counts for some spans of one second each.
    static func count(
        _ spans: [AgentSpan],
        kind: OTLPSpan.SpanKind = .client,
        traceState: String = "",
        prices: PriceTable = PriceTable(rows: [])
    ) throws -> [Slot] {
        let messages = spans.enumerated().map { number, one in
            var span = OTLPSpan()
            span.traceID = Data(repeating: 1, count: 16)
            span.spanID =
                Data([1, 1, 1, 1, 1, 1]) + Data([UInt8(1 + number / 200), UInt8(1 + number % 200)])
            span.name = one.name
            span.kind = kind
            span.traceState = traceState
            span.startTimeUnixNano = 1_700_000_000_000_000_000
            span.endTimeUnixNano = 1_700_000_001_000_000_000
            span.attributes = one.attributes.sorted { $0.key < $1.key }.map { key, value in
                var pair = OTLPKeyValue()
                pair.key = key
                switch value {
                case .text(let text): pair.value.stringValue = text
                case .integer(let integer): pair.value.intValue = integer
                case .double(let double): pair.value.doubleValue = double
                }
                return pair
            }
            return span
        }
        var edge = Edge(options: EdgeOptions(prices: prices), run: .test, at: .seconds(0))
        _ = try edge.takeTraces(EdgeTests.request(messages), at: .seconds(1))
        edge.finish(at: .seconds(2))
        return try SealedContent.slots(edge.cut()).filter { $0.series.name != MetricName.spanDuration }
    }
}

extension AgentSpan: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, any Sendable)...) {
        self.init("span", Dictionary(uniqueKeysWithValues: elements.map { ($0.0, $0.1 as Any) }))
    }

    /// Takes attributes as JSON has them; arrays and objects are left out.
    init(_ name: String, _ json: [String: Any]) {
        self.name = name
        self.attributes = json.compactMapValues { value in
            switch value {
            case let text as String: .text(text)
            case let integer as Int: .integer(Int64(integer))
            case let double as Double: .double(double)
            default: nil
            }
        }
    }
}
