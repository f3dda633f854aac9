/// What an attribute key stands for, whatever dialect spelled it.
///
/// The raw value is internal and never stored.
package struct AttributeMeaning: RawRepresentable, Hashable, Sendable {
    /// Of no meaning outside this process.
    package var rawValue: UInt8

    /// A meaning by its number; tests make their own.
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Content: prompts, tool arguments and results; redacted unless capture is on.
    package static let content = AttributeMeaning(rawValue: 1)
}
