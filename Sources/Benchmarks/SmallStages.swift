internal import Foundation
internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1
internal import NIOSSL
internal import Pipeline
internal import Telemetry
internal import Workload

/// Staging by key and laying out, without compression: seconds for all rounds.
enum GroupStage {
    static func measure(rounds: Int, _ patched: PatchedBatch, _ scan: ScanResult) -> Double {
        var builder = FrameBuilder(signal: .spans, compressionLevel: 1)
        var sequence: UInt64 = 0
        var seconds = 0.0
        for _ in 0..<rounds {
            seconds += CPUTime.measure {
                for record in scan.items {
                    var item = NewItem(key: Key(record.trace))
                    item.start = record.start
                    item.end = record.end
                    builder.add(item, bytes: patched.bytes.raw.extracting(record.body))
                }
            }
            _ = builder.seal(run: RunID(high: 1, low: 1), created: ClusterTime(nanoseconds: 1)) {
                sequence += 1
                return sequence
            }
        }
        return seconds
    }
}

/// zstd level 1 over real payloads: seconds per span.
enum CompressStage {
    static func measure(_ frames: [SealedFrame]) -> Double {
        let compressor = ZstdCompressor(level: 1)
        var spans = 0
        var seconds = 0.0
        for frame in frames where frame.header.signal == .spans {
            guard let payload = try? frame.frame.payload(frame.bytes.raw) else { continue }
            var output: [UInt8] = []
            for _ in 0..<20 {
                output.removeAll(keepingCapacity: true)
                seconds += CPUTime.measure { _ = compressor.compress(payload.bytes.raw, into: &output) }
                spans += Int(frame.header.itemCount)
            }
        }
        return seconds / Double(max(spans, 1))
    }
}

/// Group commits of real frames into a store: CPU seconds per span.
enum WriteStage {
    static func measure(_ frames: [SealedFrame]) throws -> Double {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "neoscope-bench-\(getpid())"
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("log").path
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let descriptor = unsafe open(file, O_CREAT | O_WRONLY, 0o600)
        defer { close(descriptor) }
        var spans = 0
        let seconds = CPUTime.measure {
            for _ in 0..<50 {
                for frame in frames where frame.header.signal == .spans {
                    _ = unsafe frame.bytes.withUnsafeBytes {
                        unsafe write(descriptor, $0.baseAddress, $0.count)
                    }
                    fdatasync(descriptor)
                    spans += Int(frame.header.itemCount)
                }
            }
        }
        return seconds / Double(max(spans, 1))
    }
}

/// NIO's HTTP/1.1 pipeline over an embedded channel: seconds for all rounds.
enum HTTPStage {
    static func measure(_ body: [UInt8], rounds: Int) -> Double {
        let channel = EmbeddedChannel()
        guard (try? channel.pipeline.syncOperations.configureHTTPServerPipeline()) != nil else { return 0 }
        let head =
            "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: \(body.count)\r\n\r\n"
        var gathered = ByteBuffer()
        var seconds = 0.0
        for _ in 0..<rounds {
            // As the kernel hands it over: pieces of 64 KiB.
            var pieces = [ByteBuffer(string: head)]
            var offset = 0
            while offset < body.count {
                pieces.append(ByteBuffer(bytes: body[offset..<min(offset + 65536, body.count)]))
                offset += 65536
            }
            seconds += CPUTime.measure {
                gathered.clear()
                for piece in pieces {
                    _ = try? channel.writeInbound(piece)
                    while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
                        if case .body(let bytes) = part { gathered.writeImmutableBuffer(bytes) }
                    }
                }
                let answer = HTTPResponseHead(
                    version: .http1_1,
                    status: .ok,
                    headers: ["content-length": "0"]
                )
                _ = try? channel.writeOutbound(HTTPServerResponsePart.head(answer))
                _ = try? channel.writeOutbound(HTTPServerResponsePart.end(nil))
                while (try? channel.readOutbound(as: ByteBuffer.self)) != nil {}
            }
        }
        return seconds
    }
}

/// SwiftNIO SSL's server side over embedded channels: seconds of decryption for all rounds.
enum TLSStage {
    static func measure(_ body: [UInt8], rounds: Int) throws -> Double {
        let (certificate, key) = try self.makeCertificate()
        let server = EmbeddedChannel()
        let client = EmbeddedChannel()
        let serverContext = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(certificate)],
                privateKey: .privateKey(key)
            )
        )
        var clientConfiguration = TLSConfiguration.makeClientConfiguration()
        clientConfiguration.certificateVerification = .none
        try server.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: serverContext))
        try client.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(
                context: try NIOSSLContext(configuration: clientConfiguration),
                serverHostname: nil
            )
        )
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        server.connect(to: address, promise: nil)
        client.connect(to: address, promise: nil)
        for _ in 0..<10 {
            while let bytes = try client.readOutbound(as: ByteBuffer.self) { try server.writeInbound(bytes) }
            while let bytes = try server.readOutbound(as: ByteBuffer.self) { try client.writeInbound(bytes) }
        }
        var seconds = 0.0
        for _ in 0..<rounds {
            try client.writeOutbound(ByteBuffer(bytes: body))
            var records: [ByteBuffer] = []
            while let bytes = try client.readOutbound(as: ByteBuffer.self) { records.append(bytes) }
            try seconds += CPUTime.measure {
                for record in records { try server.writeInbound(record) }
                while try server.readInbound(as: ByteBuffer.self) != nil {}
            }
        }
        return seconds
    }

    /// A throw-away certificate of the system's OpenSSL.
    private static func makeCertificate() throws -> (NIOSSLCertificate, NIOSSLPrivateKey) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("neoscope-tls-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let keyPath = folder.appendingPathComponent("key.pem").path
        let certificatePath = folder.appendingPathComponent("certificate.pem").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "1",
            "-subj", "/CN=localhost", "-keyout", keyPath, "-out", certificatePath,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return (
            try NIOSSLCertificate.fromPEMFile(certificatePath)[0],
            try NIOSSLPrivateKey(file: keyPath, format: .pem)
        )
    }
}
