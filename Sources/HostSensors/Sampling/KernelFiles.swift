import Glibc

/// The kernel's files below one root directory, read into one buffer.
///
/// Files that are read each time are registered once and stay open: reading again at offset 0 makes the
/// kernel write them anew. A file that is missing, may not be read or answers with an error yields nil and is
/// tried again after `retryAfter` readings; that is how features and cgroups that come later are found.
struct KernelFiles: ~Copyable, Sendable {
    /// A registered file.
    struct Slot: Sendable {
        fileprivate let index: Int
    }

    private struct Entry: Sendable {
        /// Tried in this order.
        var paths: [String]
        var descriptor: Int32 = -1
        /// Readings to pass over before the next try.
        var wait = 0
    }

    /// Readings that pass before a file that failed is tried again.
    private static let retryAfter = 30
    /// Enough for `/proc/stat` with thousands of interrupt lines; longer files are cut.
    private static let bytesMax = 4 << 20

    private let root: Int32
    private var entries: [Entry] = []
    private var buffer: [UInt8] = Array(repeating: 0, count: 16 << 10)

    /// Opens the root; if it does not exist, every file is missing.
    init(root: String) {
        self.root = unsafe Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }

    deinit {
        for entry in self.entries where entry.descriptor >= 0 { _ = close(entry.descriptor) }
        if self.root >= 0 { _ = close(self.root) }
    }

    /// Registers a file by its paths below the root, the preferred first.
    mutating func register(_ paths: [String]) -> Slot {
        self.entries.append(Entry(paths: paths))
        return Slot(index: self.entries.count - 1)
    }

    /// Reads a registered file and parses it; nil if it cannot be read now.
    mutating func read<Value>(_ slot: Slot, _ parse: (Span<UInt8>) -> Value) -> Value? {
        let index = slot.index
        if self.entries[index].descriptor < 0 {
            guard self.entries[index].wait == 0 else {
                self.entries[index].wait -= 1
                return nil
            }
            for path in self.entries[index].paths where self.entries[index].descriptor < 0 {
                self.entries[index].descriptor = self.open(path, O_RDONLY)
            }
        }
        guard let count = self.fill(from: self.entries[index].descriptor) else {
            if self.entries[index].descriptor >= 0 { _ = close(self.entries[index].descriptor) }
            self.entries[index].descriptor = -1
            self.entries[index].wait = Self.retryAfter
            return nil
        }
        return parse(self.buffer.span.extracting(0..<count))
    }

    /// Opens, reads and parses a file once; nil if it cannot be read now.
    ///
    /// `isOneRecord` says that the kernel hands the file out whole in one read, as those of a process, which
    /// spares asking for more.
    mutating func read<Value>(
        path: String,
        isOneRecord: Bool = false,
        _ parse: (Span<UInt8>) -> Value
    ) -> Value? {
        let descriptor = self.open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }
        guard let count = self.fill(from: descriptor, isOneRecord: isOneRecord) else { return nil }
        return parse(self.buffer.span.extracting(0..<count))
    }

    /// The names in a directory, in the kernel's order, without those that start with a dot.
    func names(in path: String) -> [String] {
        var names: [String] = []
        self.forEachName(in: path) { name in
            if name.count > 0, name[0] != UInt8(ascii: ".") { names.append(name.text) }
        }
        return names
    }

    /// The ids of the processes that exist, ascending.
    func processIDs() -> [Int32] {
        var ids: [Int32] = []
        self.forEachName(in: "proc") { name in
            // Almost half of the entries are no processes; their first letter tells.
            guard name.count > 0, name[0] &- UInt8(ascii: "0") <= 9 else { return }
            if let id = Scalars.number(name), let id = Int32(exactly: id) { ids.append(id) }
        }
        return ids.sorted()
    }

    /// Whether a path exists.
    func exists(_ path: String) -> Bool {
        unsafe self.root >= 0 && faccessat(self.root, Self.relative(path), F_OK, 0) == 0
    }

    private func forEachName(in path: String, _ body: (Span<UInt8>) -> Void) {
        let descriptor = self.open(path, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { return }
        guard let directory = unsafe fdopendir(descriptor) else {
            _ = close(descriptor)
            return
        }
        defer { _ = unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
                let bytes = unsafe name.bindMemory(to: UInt8.self)
                let length = unsafe bytes.firstIndex(of: 0) ?? bytes.count
                body(unsafe Span(_unsafeElements: bytes).extracting(0..<length))
            }
        }
    }

    private func open(_ path: String, _ flags: Int32) -> Int32 {
        guard self.root >= 0 else { return -1 }
        return unsafe openat(self.root, Self.relative(path), flags | O_CLOEXEC)
    }

    private static func relative(_ path: String) -> String {
        path.hasPrefix("/") ? "." + path : path
    }

    /// Reads a file from its start into the buffer; nil on any error and for an empty file.
    private mutating func fill(from descriptor: Int32, isOneRecord: Bool = false) -> Int? {
        guard descriptor >= 0 else { return nil }
        var count = 0
        while count < Self.bytesMax {
            if count == self.buffer.count {
                self.buffer.append(contentsOf: repeatElement(0, count: self.buffer.count))
            }
            let free = self.buffer.count - count
            let received = unsafe self.buffer.withUnsafeMutableBytes { bytes in
                unsafe pread(descriptor, bytes.baseAddress?.advanced(by: count), free, count)
            }
            if received < 0 {
                if errno == EINTR { continue }
                return nil
            }
            count += received
            if received == 0 || (isOneRecord && count < self.buffer.count) { break }
        }
        return count > 0 ? count : nil
    }
}
