/// Columns of text, as wide as they need to be; numbers stand to the right.
struct TextTable {
    private let heads: [String]
    private var rows: [[String]] = []

    init(_ heads: [String]) { self.heads = heads }

    var isEmpty: Bool { self.rows.isEmpty }

    /// Adds a row; what a terminal would obey instead of show becomes a dot.
    mutating func add(_ row: [String]) { self.rows.append(row.map(Figures.plain)) }

    var text: String {
        let widths = self.heads.indices.map { column in
            ([self.heads] + self.rows).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        let rightward = self.heads.indices.map { column in
            !self.rows.isEmpty && self.rows.allSatisfy { Self.isNumeric($0[column]) }
        }
        var lines = [self.line(self.heads, widths, rightward)]
        for row in self.rows { lines.append(self.line(row, widths, rightward)) }
        return lines.joined()
    }

    private func line(_ cells: [String], _ widths: [Int], _ rightward: [Bool]) -> String {
        var text = ""
        for (column, cell) in cells.enumerated() {
            let pad = String(repeating: " ", count: max(0, widths[column] - cell.count))
            text += rightward[column] ? pad + cell : cell + pad
            text += "  "
        }
        while text.last == " " { text.removeLast() }
        return text + "\n"
    }

    private static func isNumeric(_ text: String) -> Bool {
        text == "-" || text.first.map { $0.isNumber } ?? false
    }
}
