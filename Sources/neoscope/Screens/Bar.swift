/// A bar of ten cells.
enum Bar {
    static func draw(_ share: Double?) -> String {
        guard let share else { return "··········" }
        let filled = Int((min(max(share, 0), 1) * 10).rounded())
        return String(repeating: "█", count: filled) + String(repeating: "░", count: 10 - filled)
    }
}
