/// What models cost, as the operator states it; a model that no row names has no cost, never a guess.
package struct PriceTable: Equatable, Sendable {
    /// United States dollars per million tokens.
    package struct Row: Equatable, Sendable {
        /// A model name; `*` at the end stands for any ending.
        package var model: String
        /// Tokens of the prompt that the cache neither gave nor took.
        package var input: Double
        /// Tokens of the answer, also those of reasoning.
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

    /// The kinds of tokens that are a part of the input, and have prices of their own.
    static let cacheTypes = ["cache_read", "cache_write"]

    /// The price of a call in dollars; nil for a model that no row names.
    ///
    /// The input includes what the cache gave and took, as ``ModelCall`` sees to; each of these tokens has one
    /// price, its own, and only the rest has that of the input. Reasoning is in the output.
    func cost(model: String, tokens: [(type: String, count: Double)]) -> Double? {
        let row = self.rows.first { row in
            row.model.hasSuffix("*") ? model.hasPrefix(row.model.dropLast()) : model == row.model
        }
        guard let row else { return nil }
        func count(_ type: String) -> Double { tokens.first { $0.type == type }?.count ?? 0 }
        let cacheRead = count("cache_read")
        let cacheWrite = count("cache_write")
        let fresh = max(count("input") - cacheRead - cacheWrite, 0)
        let sum =
            fresh * row.input + cacheRead * row.cacheRead + cacheWrite * row.cacheWrite
            + count("output") * row.output
        return sum / 1e6
    }
}
