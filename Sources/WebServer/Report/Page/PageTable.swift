/// A table of a page; numbers stand to the right.
struct PageTable {
    /// One column.
    struct Column {
        let title: Markup
        let isNumber: Bool

        /// A column of texts.
        static func text(_ title: Markup) -> Column { Column(title: title, isNumber: false) }
        /// A column of numbers.
        static func number(_ title: Markup) -> Column { Column(title: title, isNumber: true) }
    }

    private let caption: Markup
    private let columns: [Column]
    private var rows: [Markup] = []

    init(_ caption: Markup, _ columns: [Column]) {
        self.caption = caption
        self.columns = columns
    }

    var isEmpty: Bool { self.rows.isEmpty }

    /// Adds a row of as many cells as there are columns; the first names the row.
    mutating func add(_ cells: [Markup], kind: Markup = "") {
        var row: Markup = kind.text.isEmpty ? "<tr>" : "<tr class=\"\(kind)\">"
        for (index, (cell, column)) in zip(cells, self.columns).enumerated() {
            let style: Markup = column.isNumber ? " class=\"number\"" : ""
            row += index == 0 ? "<th scope=\"row\"\(style)>\(cell)</th>" : "<td\(style)>\(cell)</td>"
        }
        row += "</tr>\n"
        self.rows.append(row)
    }

    var markup: Markup {
        let heads = self.columns.map { column -> Markup in
            let style: Markup = column.isNumber ? " class=\"number\"" : ""
            return "<th scope=\"col\"\(style)>\(column.title)</th>"
        }
        return """
            <div class="wide" tabindex="0" role="region" aria-label="\(self.caption)"><table>
            <caption>\(self.caption)</caption>
            <thead><tr>\(heads)</tr></thead>
            <tbody>
            \(self.rows)</tbody>
            </table></div>

            """
    }

    /// The table behind a line that opens it: what a chart shows, for who cannot see it.
    func folded(_ summary: Markup) -> Markup {
        "<details><summary>\(summary)</summary>\n\(self.markup)</details>\n"
    }
}
