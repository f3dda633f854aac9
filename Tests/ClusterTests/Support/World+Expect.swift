import Simulation
import Testing

extension World {
    /// Somebody noticed, and says so in words that have this text among them.
    func expectNoticed(_ text: String, _ place: SourceLocation = #_sourceLocation) {
        #expect(self.violations.contains { $0.contains(text) }, "\(self.violations)", sourceLocation: place)
    }
}
