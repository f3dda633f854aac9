internal import Foundation
internal import Glibc
internal import ServiceLifecycle

/// Gives back the pages of the program's own files that only its start touched.
///
/// Tables of the runtime, of Unicode, of relocations. What is needed again is read again, from the page cache.
struct ProgramPagesService: Service {
    /// When everything that a start touches has been touched.
    private static let delay = Duration.seconds(10)

    func run() async throws {
        await cancelWhenGracefulShutdown { try? await Task.sleep(for: Self.delay) }
        guard !Task.isShuttingDownGracefully else { return }
        Self.release()
        // A service that ends takes its process with it.
        try? await gracefulShutdown()
    }

    /// Forgets the clean pages of all mapped files that were never written to.
    static func release() {
        guard let text = try? String(contentsOfFile: "/proc/self/smaps", encoding: .utf8) else { return }
        for range in self.cleanFileRanges(text) {
            guard let start = unsafe UnsafeMutableRawPointer(bitPattern: range.lowerBound) else { continue }
            unsafe madvise(start, range.count, MADV_DONTNEED)
        }
    }

    /// Ranges of memory in which files are mapped for reading, and of which no page is the process's own.
    ///
    /// A mapping that was written to and then sealed, as the linker does, has anonymous pages, and is left alone.
    static func cleanFileRanges(_ smaps: String) -> [Range<UInt>] {
        var ranges: [Range<UInt>] = []
        var candidate: Range<UInt>?
        for line in smaps.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            if words.count >= 6, words[0].contains("-"), !words[0].hasSuffix(":") {
                let isReadOnly = words[1] == "r--p" || words[1] == "r-xp"
                candidate = isReadOnly && words[5].hasPrefix("/") ? self.range(words[0]) : nil
            } else if words.count >= 5, words[0].contains("-"), !words[0].hasSuffix(":") {
                candidate = nil
            } else if words.first == "Anonymous:", let found = candidate {
                if words.count > 1, words[1] == "0" { ranges.append(found) }
                candidate = nil
            }
        }
        return ranges
    }

    private static func range(_ text: Substring) -> Range<UInt>? {
        let ends = text.split(separator: "-").compactMap { UInt($0, radix: 16) }
        return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
    }
}
