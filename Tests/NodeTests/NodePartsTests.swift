import DiskStorage
import Foundation
import Logging
import NIOCore
import OTLPTransport
import Pipeline
import Telemetry
import Testing
import WebServer

@testable import Node

/// A whole process put together in a temporary folder, without its service group.
@Suite struct NodePartsTests {
    private func with<Value>(
        _ arguments: [String: String] = [:],
        _ body: (RunningParts) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder()
        var all = [
            "otlp.http.listen": "127.0.0.1:0", "otlp.grpc.listen": "127.0.0.1:0", "sensors.enabled": "false",
            "threads": "1", "storage.low_disk_bytes": "0", "host.name": "host-1",
        ]
        all.merge(arguments) { $1 }
        let resolved = try await ResolvedConfiguration.layered(arguments: all).configuration
        let parts = try await NodeParts.open(
            in: try DataDirectory(folder.url.appending(path: "data").path),
            try NodeConfiguration(resolved, environment: [:]),
            Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let value = try await body(parts)
        try await self.close(parts)
        return value
    }

    private func close(_ parts: RunningParts) async throws {
        for case let doors as DoorsService in parts.services { try await doors.close() }
    }

    private func state(_ name: String, _ parts: RunningParts) async -> ComponentHealth.State? {
        await parts.status.components().first { $0.name == name }?.state
    }

    @Test func `a fresh process is healthy, and says who it is`() async throws {
        try await self.with { parts async throws in
            #expect(await parts.status.components().allSatisfy { $0.state == .healthy && $0.detail.isEmpty })
            #expect(parts.status.identity.hostName == "host-1")
            #expect(parts.status.identity.version == NodeProcess.version)
            #expect(parts.server.httpAddress?.port ?? 0 > 0)
            #expect(await parts.status.host() == nil)
        }
    }

    @Test func `closed doors and a full disk are told, and block readiness`() async throws {
        try await self.with { parts async throws in
            #expect(await self.state("otlp", parts) == .healthy)
            await parts.server.close()
            #expect(await self.state("otlp", parts) == .unhealthy)
            #expect(
                await parts.status.components().filter { $0.state == .unhealthy }.allSatisfy(
                    \.isNeededForReadiness
                )
            )
        }
        try await self.with(["storage.low_disk_bytes": "1024TiB"]) { parts async throws in
            #expect(await self.state("disk", parts) == .unhealthy)
            let store = try #require(parts.reader as? SegmentStore)
            let sink = StoreSink(store: store, totals: RunningTotals())
            #expect(sink.refusal?.reason == "unavailable")
        }
    }

    @Test func `a failure elsewhere is not taken for the wish to end`() async throws {
        try await self.with { parts async throws in
            let ending = parts.ending
            let task = Task { try await ending.run() }
            task.cancel()
            try await task.value
            #expect(!ending.isEnding)
        }
    }

    @Test func `every family of the page is named once, and its names are valid`() async throws {
        try await self.with { parts async throws in
            let families = await parts.status.families()
            let names = families.map { $0.name.hasSuffix("_total") ? String($0.name.dropLast(6)) : $0.name }
            #expect(Set(names).count == names.count)
            for family in families {
                #expect(PrometheusName.metric(family.name) == family.name)
                #expect(!family.help.isEmpty, "\(family.name)")
                #expect(family.name.hasSuffix("_total") == (family.kind == .counter), "\(family.name)")
                for reading in family.readings where reading.suffix.isEmpty {
                    #expect(PrometheusName.labels(reading.labels) == reading.labels, "\(family.name)")
                    #expect(reading.value >= 0, "\(family.name)")
                }
            }
            // Design 1.6: every signal, stage and reason is always there.
            let accounts = families.filter { $0.name.hasPrefix("neoscope_items_") }
            #expect(accounts.count == 7)
            for family in accounts where family.name != "neoscope_items_copied_total" {
                #expect(family.readings.count >= 2 * Signal.allCases.count, "\(family.name)")
            }
        }
    }

    @Test func `the key of redaction hashes stays with its folder`() async throws {
        let folder = try TemporaryFolder()
        func secret() async throws -> UInt64 {
            let arguments = [
                "otlp.http.listen": "127.0.0.1:0", "otlp.grpc.listen": "127.0.0.1:0",
                "sensors.enabled": "false",
            ]
            let resolved = try await ResolvedConfiguration.layered(arguments: arguments).configuration
            let directory = try DataDirectory(folder.url.path)
            let parts = try await NodeParts.open(
                in: directory,
                try NodeConfiguration(resolved, environment: [:]),
                Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            try await self.close(parts)
            return try NodeParts.secret(directory)
        }
        let first = try await secret()
        #expect(try await secret() == first)
    }
}
