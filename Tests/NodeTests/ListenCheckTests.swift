import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import Node

@Suite struct ListenCheckTests {
    private func address(_ port: Int, _ host: String = "127.0.0.1") -> NodeConfiguration.Address {
        NodeConfiguration.Address(host: host, port: port)
    }

    /// Does something while a port is taken.
    private func whileTaken(_ body: (Int) async throws -> Void) async throws {
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        let channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
        try await body(try #require(channel.localAddress?.port))
        try await channel.close()
    }

    @Test func `the address that is taken is named, and only that one`() async throws {
        try await self.whileTaken { port async throws in
            let failure = await #expect(throws: ListenFailure.self) {
                try await ListenCheck.run([
                    ("api.listen", self.address(0)), ("otlp.http.listen", self.address(port)),
                    ("otlp.grpc.listen", self.address(0)),
                ])
            }
            let problem = try #require(failure?.problems.first)
            #expect(failure?.problems.count == 1)
            #expect(
                problem.hasPrefix("cannot listen on 127.0.0.1:\(port) (otlp.http.listen): something listens")
            )
        }
    }

    @Test func `all that are taken are named at once`() async throws {
        try await self.whileTaken { one async throws in
            try await self.whileTaken { other async throws in
                let failure = await #expect(throws: ListenFailure.self) {
                    try await ListenCheck.run([("a", self.address(one)), ("b", self.address(other))])
                }
                #expect(failure?.problems.count == 2)
                #expect(failure?.description.split(separator: "\n").count == 2)
            }
        }
    }

    @Test func `one address for two listeners is refused, and a check leaves it free`() async throws {
        var free = 0
        try await self.whileTaken { free = $0 }
        let address = self.address(free)
        let failure = await #expect(throws: ListenFailure.self) {
            try await ListenCheck.run([("a", address), ("b", address)])
        }
        #expect(failure?.problems.map { $0.contains("(b)") } == [true])
        try await ListenCheck.run([("a", address)])
        try await ListenCheck.run([("a", address)])
    }

    @Test func `a folder whose path is too long for a socket is a problem of data_dir`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "admin.sock").path
        try await ListenCheck.run([], socketPath: path)
        try await ListenCheck.run([], socketPath: path)
        let long = folder.url.path + "/" + String(repeating: "x", count: 120)
        let failure = await #expect(throws: ListenFailure.self) {
            try await ListenCheck.run([], socketPath: long)
        }
        #expect(
            failure?.problems.first?.hasPrefix("cannot listen on \(long) (data_dir): the path is") == true
        )
    }

    @Test func `a name that nobody knows is a problem of its key`() async throws {
        let failure = await #expect(throws: ListenFailure.self) {
            try await ListenCheck.run([("api.listen", self.address(1, "no.such.host.invalid"))])
        }
        #expect(failure?.problems.first?.contains("no.such.host.invalid:1 (api.listen)") == true)
    }
}
