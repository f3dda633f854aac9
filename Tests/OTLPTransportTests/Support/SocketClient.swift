import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import Synchronization
import Telemetry

/// Numbers of runs, one after the other.
final class RunNumbers: Sendable {
    private let number = Mutex<UInt64>(0)

    func next() -> RunID {
        self.number.withLock { number in
            number += 1
            return RunID(high: 1, low: number)
        }
    }
}

/// Sends bytes over a socket and reads what comes back.
enum SocketClient {
    static func exchange(
        _ group: any EventLoopGroup,
        _ address: SocketAddress,
        _ bytes: [UInt8],
        until end: String
    ) async throws -> [UInt8] {
        let channel = try await ClientBootstrap(group: group).connect(to: address) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            var received: [UInt8] = []
            for try await part in inbound {
                received += Array(buffer: part)
                if String(decoding: received, as: UTF8.self).contains(end) { break }
            }
            return received
        }
    }
}

/// One unary gRPC call over plain HTTP/2.
enum GRPCClient {
    static func call(
        _ group: any EventLoopGroup,
        _ address: SocketAddress,
        path: String,
        message: [UInt8]
    ) async throws -> String? {
        let connection = try await ClientBootstrap(group: group).connect(to: address) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.configureAsyncHTTP2Pipeline(mode: .client) { _ in
                    channel.eventLoop.makeSucceededVoidFuture()
                }
            }
        }
        let stream = try await connection.openStream { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<HTTP2Frame.FramePayload, HTTP2Frame.FramePayload>(
                    wrappingChannelSynchronously: channel
                )
            }
        }
        return try await stream.executeThenClose { inbound, outbound in
            let headers: HPACKHeaders = [
                ":method": "POST", ":path": path, ":scheme": "http", ":authority": "localhost",
                "te": "trailers",
                "content-type": "application/grpc",
            ]
            try await outbound.write(.headers(.init(headers: headers)))
            let body = ByteBuffer(bytes: GRPCStream.framed(message))
            try await outbound.write(.data(.init(data: .byteBuffer(body), endStream: true)))
            for try await payload in inbound {
                if case .headers(let block) = payload, let status = block.headers.first(name: "grpc-status") {
                    return status
                }
            }
            return nil
        }
    }
}
