import Foundation
import Testing

@testable import DiskStorage

@Suite struct DataDirectoryTests {
    @Test func `a directory in use is refused with the pid of its user, and free again afterwards`() throws {
        let scratch = try Scratch()
        var owner: DataDirectory? = try DataDirectory(scratch.path)
        do {
            _ = try DataDirectory(scratch.path)
            Issue.record("two owners")
        } catch {
            #expect(error.code == .locked)
            #expect(error.message.contains("pid \(ProcessInfo.processInfo.processIdentifier)"), "\(error)")
            #expect(error.message.contains(scratch.path))
        }
        #expect(owner != nil)
        owner = nil
        try Self.openOnce(scratch.path)
        try Self.openOnce(scratch.path)
    }

    private static func openOnce(_ path: String) throws { _ = try DataDirectory(path) }

    @Test(arguments: ["neoscope data directory, format 2\n", "", "something else", "\u{0}\u{1}"])
    func `a directory of another format is refused and left alone`(_ text: String) throws {
        let scratch = try Scratch()
        try scratch.write(Array(text.utf8), to: "format")
        let failure = try #require(throws: StorageFailure.self) { try DataDirectory(scratch.path) }
        #expect(failure.code == .unknownFormat)
        #expect(failure.message.contains("format 1"))
        #expect(try scratch.read("format") == Array(text.utf8))
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/segments"))
    }

    @Test func `missing folders are made, and the format is written down`() throws {
        let scratch = try Scratch()
        let directory = try DataDirectory(scratch.path + "/a/b//c")
        #expect(File.exists(directory.segments) && File.exists(directory.quarantine))
        #expect(try scratch.read("a/b/c/format") == Array("neoscope data directory, format 1\n".utf8))
        let space = directory.space()
        #expect(space.total > 0 && space.free <= space.total)
    }

    @Test func `a path below a file is refused with the system's word`() throws {
        let scratch = try Scratch()
        try scratch.write([1], to: "file")
        let failure = try #require(throws: StorageFailure.self) {
            try DataDirectory(scratch.path + "/file/data")
        }
        #expect(failure.code == .failedIO && failure.message.contains("mkdir"))
    }
}
