/// A closed list of names that a kernel file gives to its numbers.
package protocol KernelField: CaseIterable, RawRepresentable, Hashable, Sendable
where RawValue == String, AllCases == [Self] {}

/// Numbers that a kernel file names, as many as this kernel has.
///
/// Which names are known is fixed by `Field`; a number that the kernel does not print, or prints as garbage,
/// is nil. Names outside the list are passed over.
package struct KernelNumbers<Field: KernelField>: Equatable, Sendable {
    /// In the order of `Field.allCases`; empty until the first number is set.
    private var values: [UInt64?] = []

    /// Starts without any number.
    package init() {}

    /// The number under a name, nil where this kernel has none.
    package subscript(field: Field) -> UInt64? {
        get {
            guard let ordinal = Field.allCases.firstIndex(of: field) else { return nil }
            return ordinal < self.values.count ? self.values[ordinal] : nil
        }
        set {
            guard let ordinal = Field.allCases.firstIndex(of: field) else { return }
            self.set(ordinal, newValue)
        }
    }

    /// Whether no number is known at all, as when the file does not exist.
    package var isEmpty: Bool { self.values.allSatisfy { $0 == nil } }

    /// The numbers that exist, in the order of the list of names.
    package var present: [(field: Field, value: UInt64)] {
        zip(Field.allCases, self.values).compactMap { field, value in value.map { (field, $0) } }
    }

    /// Notes the number of the field at an ordinal that a `NameIndex` gave.
    mutating func set(_ ordinal: Int, _ value: UInt64?) {
        if self.values.isEmpty { self.values = Array(repeating: nil, count: Field.allCases.count) }
        guard ordinal < self.values.count else { return }
        self.values[ordinal] = value
    }
}
