import Cluster
import DiskStorage
import Foundation
import Testing

@testable import Node

@Suite struct OwnerFileTests {
    private let folder: TemporaryFolder

    init() throws { self.folder = try TemporaryFolder() }

    private func owner() throws -> OwnerFile { OwnerFile(directory: try DataDirectory(self.folder.url.path)) }

    @Test func `starts are counted, and a higher count that was learned goes on`() throws {
        let owner = try self.owner()
        #expect(try owner.nextEpoch() == 1)
        #expect(try owner.nextEpoch() == 2)
        try owner.keep(40)
        #expect(try owner.nextEpoch() == 41)
    }

    @Test(arguments: ["", "x", "-1", "18446744073709551615", "4611686018427387904", "1 2"])
    func `a count that is none is an error, and no trap`(text: String) throws {
        try self.folder.write("epoch", text)
        let owner = try self.owner()
        #expect(throws: StorageFailure.self) { try owner.nextEpoch() }
    }

    @Test func `what the cluster places by comes back as it was`() throws {
        let owner = try self.owner()
        #expect(try owner.placement() == nil)
        let parameters = try #require(PlacementParameters(version: .max, replication: 3, confirmations: 2))
        try owner.keep(parameters)
        #expect(try owner.placement() == parameters)
    }

    @Test(arguments: ["", "1 2", "1 2 3 4", "1 6 2", "1 2 3", "x 2 2", "1 -2 2", "1 99999999999999999999 2"])
    func `parameters that make no sense are an error`(text: String) throws {
        try self.folder.write("placement", text)
        let owner = try self.owner()
        #expect(throws: StorageFailure.self) { try owner.placement() }
    }
}
