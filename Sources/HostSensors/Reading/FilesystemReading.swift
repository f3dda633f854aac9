/// The space of one mounted filesystem.
package struct FilesystemReading: Equatable, Sendable {
    /// The device, as `/dev/sda1`, or what the filesystem calls its source.
    package var device: String
    /// Where it appears on the host.
    package var mountPoint: String
    /// As `ext4`.
    package var type: String
    /// Whether nothing can be written to it here.
    package var isReadOnly: Bool
    /// Nil where the filesystem did not answer.
    package var space: Space?

    /// Sizes of a filesystem.
    package struct Space: Equatable, Sendable {
        /// All space, used and free.
        package var sizeBytes: UInt64
        /// Free, with what only the superuser may use.
        package var freeBytes: UInt64
        /// Free for everybody.
        package var availableBytes: UInt64
        /// Files it can hold; 0 where it makes them as needed.
        package var files: UInt64
        /// Files that can still be made.
        package var filesFree: UInt64

        /// Space in use, from the point of view of `df`: used / (used + available), 0 to 1.
        package var usedShare: Double {
            let used = self.sizeBytes > self.freeBytes ? self.sizeBytes &- self.freeBytes : 0
            let usable = Double(used) + Double(self.availableBytes)
            return usable > 0 ? Double(used) / usable : 0
        }
    }
}
