// swift-tools-version: 6.2
import PackageDescription

/// Every language guard that Swift 6.3 offers; a warning is an error.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// Generated code warns under strict memory safety; it keeps the rest.
let generated: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.target(name: name)] + dependencies,
        swiftSettings: strict
    )
}

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")

let package = Package(
    name: "neoscope",
    products: [.executable(name: "neoscope", targets: ["neoscope"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
        .package(
            url: "https://github.com/apple/swift-configuration",
            .upToNextMinor(from: "1.4.0"),
            traits: ["YAML"]
        ),
        .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.2")),
        .package(url: "https://github.com/apple/swift-nio", .upToNextMinor(from: "2.101.2")),
        .package(url: "https://github.com/apple/swift-nio-http2", .upToNextMinor(from: "1.46.0")),
        .package(url: "https://github.com/apple/swift-nio-ssl", .upToNextMinor(from: "2.37.6")),
        .package(url: "https://github.com/apple/swift-protobuf", .upToNextMinor(from: "1.39.0")),
        .package(url: "https://github.com/groue/GRDB.swift", .upToNextMinor(from: "7.10.0")),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird",
            .upToNextMinor(from: "2.28.1")
        ),
        .package(url: "https://github.com/jpsim/Yams", .upToNextMinor(from: "6.2.2")),
        .package(url: "https://github.com/swift-server/async-http-client", .upToNextMinor(from: "1.37.0")),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle",
            .upToNextMinor(from: "2.13.0")
        ),
    ],
    targets: [
        // System libraries: pure functions over bytes, and what the C library does with freed memory.
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CXXHash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

        // Ring 0: no clock, no IO, no Foundation.
        module("Telemetry", ["CXXHash", "CZstd"], exclude: ["Frame/Format.md"]),
        module("Pipeline", ["Telemetry"]),
        module("Storage", ["Telemetry"], exclude: ["Format.md"]),
        module("Cluster", ["Telemetry"], exclude: ["Protocol/Protocol.md"]),

        // Ring 1: outside formats, bytes to model and back.
        .target(
            name: "OTLPMessages",
            dependencies: [protobuf],
            exclude: ["Protos"],
            swiftSettings: generated
        ),
        module("OTLP", ["Telemetry", "OTLPMessages", protobuf]),

        // Ring 2: one kind of IO each.
        module(
            "DiskStorage",
            ["Telemetry", "Storage", "CMalloc", .product(name: "GRDB", package: "GRDB.swift"), logging]
        ),
        module("Compression", ["CZlib"]),
        module("HostSensors", ["Telemetry"]),
        module("PKI", ["Cluster", "COpenSSL", "Telemetry"]),
        module(
            "Access",
            [
                "Cluster", "PKI", nioCore, .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ]
        ),
        module(
            "PeerTransport",
            [
                "Telemetry", "Cluster", nioCore, nioPosix, logging,
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ]
        ),
        module(
            "OTLPTransport",
            [
                "Telemetry", "Pipeline", "OTLP", "Compression", "CZlib", "Access", nioCore, nioPosix,
                nioHTTP1, logging,
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        module(
            "WebServer",
            [
                "Access", "Cluster", "Compression", "HostSensors", "OTLP", "OTLPMessages", "Pipeline",
                "Storage", "Telemetry", protobuf,
                nioCore, logging, lifecycle, .product(name: "Hummingbird", package: "hummingbird"),
            ]
        ),

        // Beside the rings: synthetic telemetry for load, benchmarks and tests; pure.
        module("Workload", ["Telemetry"]),

        // Beside the rings: whole clusters of the real cores on virtual time; pure.
        module("Simulation", ["Telemetry", "Cluster"]),

        // Ring 3: the program.
        module(
            "Node",
            [
                "Telemetry", "Pipeline", "Storage", "Cluster", "OTLP", "DiskStorage", "HostSensors",
                "OTLPTransport", "Access",
                "PKI", "PeerTransport", "WebServer", nioCore, nioPosix, logging, lifecycle,
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        .executableTarget(
            name: "neoscope",
            dependencies: [
                "Compression", "DiskStorage", "Node", "OTLP", "OTLPTransport", "PKI", "Simulation", "Storage",
                "Telemetry", "Workload", nioCore, nioPosix,
                nioHTTP1, logging,
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict
        ),

        .executableTarget(
            name: "neoscope-bench",
            dependencies: [
                "Cluster", "PKI", "PeerTransport", "Pipeline", "Telemetry", "Workload", nioCore, nioHTTP1,
                nioPosix,
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Sources/Benchmarks",
            swiftSettings: strict
        ),

        .target(
            name: "TestSupport",
            dependencies: ["Telemetry", "Pipeline"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        tests("Telemetry", ["OTLPMessages", "TestSupport", protobuf]),
        tests("Pipeline", ["Telemetry", "OTLPMessages", "TestSupport", protobuf]),
        tests("Storage", ["Telemetry", "Pipeline", "TestSupport", "Workload"]),
        tests("Cluster", ["Simulation", "Telemetry", "TestSupport"]),
        tests("OTLP", ["OTLPMessages", "Telemetry", protobuf]),
        tests(
            "DiskStorage",
            [
                "Telemetry", "Pipeline", "Storage", "TestSupport", "Workload", logging,
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        tests("HostSensors", ["Telemetry"]),
        tests("PKI", ["COpenSSL", "Cluster", "Telemetry", "TestSupport"]),
        tests(
            "Access",
            [
                "Cluster", "PKI", nioCore, .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        tests(
            "PeerTransport",
            [
                "Cluster", "PKI", "Telemetry", logging, nioCore, nioPosix,
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        tests(
            "OTLPTransport",
            [
                "Access", "Compression", "OTLP", "Pipeline", "Telemetry", "Workload", nioCore, nioPosix,
                nioHTTP1,
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ]
        ),
        tests(
            "WebServer",
            [
                "Access", "Cluster", "Compression", "DiskStorage", "HostSensors", "OTLP", "OTLPMessages",
                "PKI", "Pipeline", "Storage", "Telemetry",
                "Workload", logging, nioCore, nioHTTP1,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        tests("Workload", ["Telemetry", "OTLPMessages", protobuf]),
        tests(
            "Node",
            [
                "Access", "Cluster", "DiskStorage", "HostSensors", "OTLPTransport", "PKI", "PeerTransport",
                "Pipeline", "Storage", "Telemetry", "TestSupport", "WebServer",
                "Workload", logging, lifecycle, nioCore, nioPosix,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        .testTarget(
            name: "ProcessTests",
            dependencies: ["neoscope"],
            exclude: ["Drivers"],
            swiftSettings: strict
        ),
    ]
)
