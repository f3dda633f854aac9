import Glibc
import Testing

@testable import DiskStorage

@Suite struct FileTests {
    @Test func `bytes are read back from where they were written, fewer at the end`() throws {
        let scratch = try Scratch()
        let file = try File(scratch.path + "/f", flags: O_CREAT | O_RDWR)
        try file.write([1, 2, 3, 4], at: 3)
        #expect(try file.size() == 7)
        #expect(try file.read(at: 0, count: 100) == [0, 0, 0, 1, 2, 3, 4])
        #expect(try file.read(at: 5, count: 1) == [3])
        #expect(try file.read(at: 99, count: 5) == [])
        #expect(try file.read(at: 0, count: -1) == [])
        try file.truncate(to: 4)
        try file.synchronise()
        #expect(try MappedFile(file).withBytes { $0.byteCount } == 4)
    }

    @Test func `an empty file is mapped as nothing`() throws {
        let scratch = try Scratch()
        let file = try File(scratch.path + "/f", flags: O_CREAT | O_RDWR)
        #expect(try MappedFile(file).withBytes { $0.byteCount } == 0)
    }

    @Test func `a replaced file is whole, and nothing else is left`() throws {
        let scratch = try Scratch()
        try File.replace(scratch.path + "/f", with: [1])
        try File.replace(scratch.path + "/f", with: [2, 3])
        #expect(try scratch.read("f") == [2, 3])
        #expect(File.list(scratch.path) == ["f"])
        #expect(File.list(scratch.path + "/nowhere") == [])
        try File.remove(scratch.path + "/nowhere")
    }

    @Test func `failures carry the call, the path and a code`() throws {
        let scratch = try Scratch()
        let failure = try #require(throws: StorageFailure.self) {
            try File(scratch.path + "/no/f", flags: O_RDONLY)
        }
        #expect(failure.code == .failedIO)
        #expect(failure.message.contains("open \(scratch.path)/no/f"))
        #expect(StorageFailure.system("write", "p", ENOSPC).code == .diskFull)
        #expect(StorageFailure.system("write", "p", EDQUOT).code == .diskFull)
        #expect(StorageFailure.system("open", "p", EACCES).code == .notPermitted)
        #expect(StorageFailure.system("open", "p", EROFS).code == .notPermitted)
    }
}
