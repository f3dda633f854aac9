import Glibc

/// Files of `/proc` and `/sys` recorded on other machines, by others.
///
/// They lie outside the project; tests that need them are skipped where they are absent.
enum RecordedTrees {
    /// The folder that holds them.
    static let root: String = {
        if let given = unsafe getenv("NEOSCOPE_TEST_DATA") {
            return unsafe String(cString: given) + "/proc"
        }
        let packageRoot = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        return "/" + packageRoot + "/../shared/data/proc"
    }()

    /// Whether they are there.
    static let exist = unsafe access(Self.root + "/prometheus-procfs", R_OK) == 0

    /// The `/proc` and `/sys` of the collection's one whole tree.
    static let procfs = Self.root + "/prometheus-procfs/fixtures"

    /// The folder of the recorded cgroup trees, each a zip archive.
    static let cgroupArchives = Self.root + "/elastic-agent-system-metrics/system/cgroup/testdata"

    /// The bytes of a file below the root; empty if it cannot be read.
    static func bytes(_ path: String) -> [UInt8] {
        Self.read(Self.root + "/" + path)
    }

    /// The bytes of any file, at most 8 MiB.
    static func read(_ path: String) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { _ = close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < 8 << 20 {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// The paths of all regular files below a folder, sorted; links are not followed.
    static func files(below folder: String) -> [String] {
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { _ = unsafe closedir(directory) }
        var files: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            let path = folder + "/" + name
            var status = stat()
            guard unsafe lstat(path, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: files += Self.files(below: path)
            case S_IFREG: files.append(path)
            default: break
            }
        }
        return files.sorted()
    }
}
