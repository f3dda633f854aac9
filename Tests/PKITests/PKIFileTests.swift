import Foundation
import Testing

@testable import PKI

/// Files of the authority and of the nodes: written whole, read within a bound.
@Suite struct PKIFileTests {
    private static func with(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "neoscope-pki-files-" + UUID().uuidString
        try PKIFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func `a file is read as it was written, and only its owner reads a secret`() throws {
        try Self.with { folder in
            let path = folder + "/some"
            for (isSecret, mode) in [(false, 0o644), (true, 0o600), (false, 0o644)] {
                let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) } + [isSecret ? 1 : 0]
                try PKIFile.write(bytes, to: path, isSecret: isSecret)
                #expect(try PKIFile.read(path) == bytes)
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == mode)
            }
            try PKIFile.write([], to: path)
            #expect(try PKIFile.read(path).isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["some"])
        }
    }

    @Test func `a link beside the name is not followed`() throws {
        try Self.with { folder in
            let victim = folder + "/victim"
            try PKIFile.write([1], to: victim)
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/key.tmp",
                withDestinationPath: victim
            )
            try PKIFile.write([2], to: folder + "/key", isSecret: true)
            #expect(try PKIFile.read(victim) == [1] && PKIFile.read(folder + "/key") == [2])
        }
    }

    @Test func `what is no file, or too long, or not there is told`() throws {
        try Self.with { folder in
            let (pipe, long) = (folder + "/pipe", folder + "/long")
            #expect(unsafe mkfifo(pipe, 0o600) == 0)
            try PKIFile.write([UInt8](repeating: 1, count: 101), to: long)
            let bad: [(String, PKIFailure.Code)] = [
                (folder + "/none", .notFound), (folder, .file), (pipe, .file), ("/dev/zero", .file),
                (long, .file),
            ]
            for (path, reason) in bad {
                #expect(
                    code { () throws(PKIFailure) in _ = try PKIFile.read(path, bytesMax: 100) } == reason,
                    "\(path)"
                )
            }
            #expect(try PKIFile.read(long, bytesMax: 101).count == 101)
            #expect(
                code { () throws(PKIFailure) in try PKIFile.write([1], to: folder + "/none/file") } == .file
            )
            #expect(code { () throws(PKIFailure) in try PKIFile.write([1], to: folder) } == .file)
            #expect(!FileManager.default.fileExists(atPath: folder + ".tmp"))
            #expect(code { () throws(PKIFailure) in try PKIFile.makeFolder(long + "/below") } == .file)
        }
    }

    @Test func `a file that is replaced, written again or gone has other facts`() throws {
        try Self.with { folder in
            let path = folder + "/some"
            #expect(FileFacts(path: path) == nil)
            try PKIFile.write([1], to: path)
            let first = try #require(FileFacts(path: path))
            #expect(FileFacts(path: path) == first && first.bytes == 1 && first.isRegular)
            try PKIFile.write([2], to: path)
            let second = try #require(FileFacts(path: path))
            #expect(second != first)
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data([3]))
            try handle.close()
            #expect(FileFacts(path: path) != second && FileFacts(path: path)?.inode == second.inode)
            #expect(FileFacts(path: folder)?.isRegular == false)
        }
    }

    @Test func `hexadecimal digits say the same bytes`() throws {
        let bytes = (0...255).map { UInt8($0) }
        let text = Bytes.hexadecimal(bytes)
        #expect(text.hasPrefix("000102") && text.hasSuffix("feff") && Bytes.read(hexadecimal: text) == bytes)
        #expect(Bytes.read(hexadecimal: "") == [])
        for bad in ["0", "0g", "AB", " 1", "é", "0x12"] {
            #expect(Bytes.read(hexadecimal: bad) == nil, "\(bad)")
        }
        let abc = try Bytes.sha256(Array("abc".utf8))
        #expect(Bytes.hexadecimal(abc) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Bytes.areEqual([1, 2], [1, 2]) && !Bytes.areEqual([1, 2], [1, 3]) && !Bytes.areEqual([1], [1, 2])
        )
        #expect(Bytes.areEqual([], []))
        let random = try Bytes.random(32)
        #expect(random.count == 32 && random != [UInt8](repeating: 0, count: 32))
    }
}
