internal import Cluster
package import NIOCore

/// A connection for those who are not on its event loop.
package struct PeerHandle: Sendable {
    private let connection: NIOLoopBound<PeerConnection>
    /// Owns the connection.
    package let loop: any EventLoop
    /// Tells connections apart.
    package let id: ObjectIdentifier

    /// A handle on a connection; the caller is on its event loop.
    package init(_ connection: PeerConnection, on loop: any EventLoop) {
        self.connection = NIOLoopBound(connection, eventLoop: loop)
        self.loop = loop
        self.id = ObjectIdentifier(connection)
    }

    /// Does something with the connection on its event loop: at once where the caller is on it.
    package func perform(_ body: @escaping @Sendable (PeerConnection) -> Void) {
        let connection = self.connection
        if self.loop.inEventLoop {
            body(connection.value)
        } else {
            self.loop.execute { body(connection.value) }
        }
    }
}
