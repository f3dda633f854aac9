internal import Access
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// A connection of HTTP/1.1 behind a gate: TLS comes first where the gate has it.
///
/// What is known of the connection goes along its task, where each request's context finds it.
struct DoorChannel: ServerChildChannel {
    typealias Inner = HTTP1Channel

    struct Value: ServerChildChannelValue {
        var inner: Inner.Value
        var connection: DoorConnection
        var channel: any Channel { self.inner.channel }
    }

    /// Of the connection that the task serves; nil for requests that come through no door.
    @TaskLocal static var current: DoorConnection?

    let gate: Gate
    let inner: Inner

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture { try self.gate.admit(channel, speaking: .http1) }
            .flatMap { connection in
                self.inner.setup(channel: channel, logger: logger).map {
                    Value(inner: $0, connection: connection)
                }
            }
    }

    func handle(value: Value, logger: Logger) async {
        await Self.$current.withValue(value.connection) {
            await self.inner.handle(value: value.inner, logger: logger)
        }
    }
}
