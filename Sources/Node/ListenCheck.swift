internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Tells before anything starts which of the addresses cannot be listened on.
///
/// The listeners' own errors do not say what they are about, and come when half of the process is running.
enum ListenCheck {
    /// Listens on all addresses for a moment, without taking connections.
    ///
    /// - Parameters:
    ///   - addresses: With the keys that set them.
    ///   - socketPath: Of a Unix socket in the data directory; what a check leaves there, the listener replaces.
    /// - Throws: `ListenFailure` with all that failed.
    static func run(
        _ addresses: [(key: String, address: NodeConfiguration.Address)],
        socketPath: String? = nil
    ) async throws {
        var open: [any Channel] = []
        var problems: [String] = []
        for (key, address) in addresses where address.port != 0 {
            do {
                open.append(try await self.listen(address))
            } catch {
                let reason =
                    (error as? IOError)?.errnoCode == EADDRINUSE
                    ? "something listens there already; choose another port, or 0 for one that is free"
                    : "\(error)"
                problems.append("cannot listen on \(address.host):\(address.port) (\(key)): \(reason)")
            }
        }
        if let socketPath {
            do {
                open.append(
                    try await self.bootstrap
                        .bind(unixDomainSocketPath: socketPath, cleanupExistingSocketFile: true)
                        .get()
                )
            } catch SocketAddressError.unixDomainSocketPathTooLong {
                problems.append(
                    "cannot listen on \(socketPath) (data_dir): the path is too long for a socket; "
                        + "choose a shorter folder"
                )
            } catch {
                problems.append("cannot listen on \(socketPath) (data_dir): \(error)")
            }
        }
        for channel in open { try? await channel.close() }
        guard problems.isEmpty else { throw ListenFailure(problems: problems) }
    }

    private static func listen(_ address: NodeConfiguration.Address) async throws -> any Channel {
        try await self.bootstrap
            // As the listeners do: a port that a process left a moment ago is free.
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(to: try SocketAddress.makeAddressResolvingHost(address.host, port: address.port))
            .get()
    }

    private static var bootstrap: ServerBootstrap {
        ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.autoRead, value: false)
    }
}

/// Addresses that cannot be listened on.
package struct ListenFailure: Error, Equatable, CustomStringConvertible {
    /// A sentence each, with the address and the key that sets it.
    package var problems: [String]

    /// One line for each problem.
    package var description: String { self.problems.joined(separator: "\n") }
}
