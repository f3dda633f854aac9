/// What models cost, as the operator states it; a model that no row names has no cost, never a guess.
package struct PriceTable: Equatable, Sendable {
    /// United States dollars per million tokens.
    package struct Row: Equatable, Sendable {
        /// A model name; `*` at the end stands for any ending.
        package var model: String
        /// Tokens of the prompt.
        package var input: Double
        /// Tokens of the answer.
        package var output: Double
        /// Tokens that came out of the provider's cache.
        package var cacheRead: Double
        /// Tokens that went into it.
        package var cacheWrite: Double

        /// A row of the operator's list; prices in dollars per million tokens.
        package init(model: String, input: Double, output: Double, cacheRead: Double, cacheWrite: Double) {
            self.model = model
            self.input = input
            self.output = output
            self.cacheRead = cacheRead
            self.cacheWrite = cacheWrite
        }
    }

    /// The first row that fits counts.
    package var rows: [Row]

    /// A table in the operator's order.
    package init(rows: [Row]) { self.rows = rows }

    /// The price of a call in dollars; nil for a model that no row names.
    func cost(model: String, tokens: [(type: String, count: Double)]) -> Double? {
        let row = self.rows.first { row in
            row.model.hasSuffix("*") ? model.hasPrefix(row.model.dropLast()) : model == row.model
        }
        guard let row else { return nil }
        var sum = 0.0
        for (type, count) in tokens {
            switch type {
            case "input": sum += count * row.input
            case "output": sum += count * row.output
            case "cache_read": sum += count * row.cacheRead
            case "cache_write": sum += count * row.cacheWrite
            default: break
            }
        }
        return sum / 1e6
    }
}
