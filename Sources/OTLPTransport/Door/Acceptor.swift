internal import Access
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTP2

/// Sets up accepted connections with the door of their event loop.
struct Acceptor: Sendable {
    let doors: [(loop: any EventLoop, door: NIOLoopBound<EdgeDoor>)]
    let httpGate: Gate
    let grpcGate: Gate
    let limits: IngestLimits
    let gauge: IngestGauge
    let crossOrigin: CrossOrigin

    func http(_ channel: any Channel) throws {
        guard let door = try self.admit(channel) else { return }
        // A client may close its side behind its request and still read the answer.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        let caller = Caller(self.httpGate, try self.httpGate.admit(channel, speaking: .http1))
        let pipeline = channel.pipeline.syncOperations
        // A sender that does not read its answers is not read from either.
        try pipeline.addHandler(BackPressureHandler())
        try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
        try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(self.limits.idleSeconds)))
        try pipeline.addHandler(
            OTLPHTTPHandler(
                door: door,
                caller: caller,
                limits: self.limits,
                gauge: self.gauge,
                crossOrigin: self.crossOrigin
            )
        )
    }

    func grpc(_ channel: any Channel) throws {
        guard let door = try self.admit(channel) else { return }
        let caller = Caller(self.grpcGate, try self.grpcGate.admit(channel, speaking: .http2))
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
            HTTP2Setting(parameter: .maxHeaderListSize, value: 16 << 10),
            HTTP2Setting(parameter: .initialWindowSize, value: 4 << 20),
            HTTP2Setting(parameter: .maxFrameSize, value: 1 << 20),
        ]
        connection.targetWindowSize = 16 << 20
        // What a sender still sends on a stream that was just reset is thrown away; on one longer gone it costs the
        // connection. Twice as many as there can be at once, so that a burst of refusals costs none.
        connection.maximumRecentlyResetStreams = 200
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = 4 << 20
        let bound = NIOLoopBound(door, eventLoop: channel.eventLoop)
        let limits = self.limits
        let gauge = self.gauge
        let idle = NIOLoopBound(IdleConnection(), eventLoop: channel.eventLoop)
        let meter = NIOLoopBound(
            // What was sent before the sender heard of a refusal, a whole window, is never too much.
            DiscardMeter(limitBytes: max(limits.discardedBytesMax, connection.targetWindowSize * 2)),
            eventLoop: channel.eventLoop
        )
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(limits.idleSeconds)))
        try pipeline.addHandler(meter.value)
        _ = try pipeline.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: connection,
            streamConfiguration: stream
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                idle.value.watch(stream)
                let pipeline = stream.pipeline.syncOperations
                try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(limits.idleSeconds)))
                try pipeline.addHandler(
                    OTLPGRPCHandler(
                        door: bound.value,
                        caller: caller,
                        limits: limits,
                        gauge: gauge,
                        meter: meter.value
                    )
                )
            }
        }
        try pipeline.addHandler(idle.value)
    }

    /// Counts the connection and finds its door; closes it where there are too many.
    private func admit(_ channel: any Channel) throws -> EdgeDoor? {
        let gauge = self.gauge
        channel.closeFuture.whenComplete { _ in gauge.close() }
        guard self.gauge.open(limit: self.limits.connectionsMax) else {
            channel.close(promise: nil)
            return nil
        }
        return self.doors.first { $0.loop === channel.eventLoop }?.door.value
    }
}
