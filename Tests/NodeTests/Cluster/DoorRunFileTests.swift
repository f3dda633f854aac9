import DiskStorage
import Foundation
import Telemetry
import Testing

@testable import Node

@Suite struct DoorRunFileTests {
    private let folder: TemporaryFolder

    init() throws { self.folder = try TemporaryFolder() }

    private func file() throws -> DoorRunFile {
        DoorRunFile(directory: try DataDirectory(self.folder.url.path))
    }

    private static func door(_ number: UInt64) -> DoorRunFile.Door {
        DoorRunFile.Door(
            run: RunID(high: number &* 0x9e37_79b9_7f4a_7c15, low: number),
            started: ClusterTime(nanoseconds: number &* 1_000_000_007)
        )
    }

    @Test func `the doors of earlier starts come back in order, the newest where there are many`() throws {
        let file = try self.file()
        #expect(try file.earlier().isEmpty)
        try file.add([Self.door(1), Self.door(.max)])
        #expect(try file.earlier() == [Self.door(1), Self.door(.max)])
        let more = (2...UInt64(DoorRunFile.doorsMax)).map(Self.door)
        try file.add(more)
        #expect(try file.earlier() == [Self.door(.max)] + more)
    }

    @Test func `doors of which everything is confirmed are forgotten`() throws {
        let file = try self.file()
        try file.add((1...4).map(Self.door))
        try file.add([Self.door(5)], without: [Self.door(2).run, Self.door(4).run])
        #expect(try file.earlier() == [1, 3, 5].map(Self.door))
        try file.add([], without: [Self.door(1).run, Self.door(9).run])
        #expect(try file.earlier() == [3, 5].map(Self.door))
    }

    @Test func `a file that is there and cannot be read is not taken for none`() throws {
        let folder = self.folder.url.appending(path: "doors")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = try self.file()
        #expect(throws: StorageFailure.self) { try file.add([Self.door(1)]) }
        let failure = #expect(throws: StorageFailure.self) { try file.earlier() }
        #expect(failure?.code == .failedIO)
    }

    @Test(arguments: [
        "x", "00000000000000000000000000000001", "0000000000000000000000000000000g 1",
        "00000000000000000000000000000001 -1", "00000000000000000000000000000001 1 1",
    ])
    func `a file that says something else is an error that tells what to do`(text: String) throws {
        try self.folder.write("doors", text)
        let file = try self.file()
        let failure = #expect(throws: StorageFailure.self) { try file.earlier() }
        #expect(failure?.code == .damaged && failure?.message.contains("remove it") == true)
    }
}
