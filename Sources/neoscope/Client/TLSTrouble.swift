internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import PKI

/// Says in words what went wrong with TLS, and what to do.
struct TLSTrouble {
    let host: String
    let port: Int
    let credentials: ClientCredentials

    /// An explanation; nil where the error is about something else.
    func explanation(of error: any Error, isSecure: Bool) async -> String? {
        let text = "\(error)"
        guard isSecure else {
            let isCut = text.contains("remoteConnectionClosed") || text.contains("Connection reset")
            return isCut ? "the connection was closed; if the node speaks TLS, expected https://" : nil
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "it does not speak TLS; expected http://"
        }
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
            return await self.objection()
        }
        if text.lowercased().contains("hostname") {
            return
                "its certificate does not name \(self.host); issue it with --dns or --ip, or use a name it has"
        }
        let ends = ["remoteConnectionClosed", "uncleanShutdown", "Connection reset"]
        if self.credentials.certificate != nil, ends.contains(where: text.contains) {
            // The alert may be lost with the connection.
            return "it closed the connection; is the own certificate revoked, or of another cluster?"
        }
        let alerts = ["CERTIFICATE_UNKNOWN", "BAD_CERTIFICATE", "UNKNOWN_CA", "CERTIFICATE_EXPIRED", "ALERT"]
        guard alerts.contains(where: text.contains) else { return nil }
        guard self.credentials.certificate != nil else { return "it refused the handshake: \(text)" }
        return
            "it refused the own certificate: revoked, expired, or of another cluster; see neoscope pki show"
    }

    /// Why the node's certificate is not trusted: it is looked at once more, and judged as peers judge each other.
    private func objection() async -> String {
        guard let path = self.credentials.ca else {
            return "the system does not trust its certificate; name the cluster's authority with --ca ca.crt"
        }
        guard let authorities = try? Data(contentsOf: URL(fileURLWithPath: path)),
            let verifier = try? PeerVerifier(authorities: Array(authorities)),
            let chain = await self.shownChain()
        else { return "its certificate is not trusted by the authority of \(path)" }
        do throws(PKIFailure) {
            let now = Int64(Date().timeIntervalSince1970)
            _ = try verifier.verify(chain: chain, as: .server, at: now)
            return "its certificate is not trusted by the authority of \(path)"
        } catch {
            let hint =
                switch error.code {
                case .expired: "; renew it with neoscope pki renew"
                case .unknownAuthority: "; is \(path) the authority of that cluster?"
                default: ""
                }
            return error.message + hint
        }
    }

    /// The certificates that the node shows, in DER; the connection ends there.
    private func shownChain() async -> [[UInt8]]? {
        guard let configuration = try? self.credentials.tls(),
            let context = try? NIOSSLContext(configuration: configuration)
        else { return nil }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let shown = loop.makePromise(of: [[UInt8]].self)
        let connecting = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.closeFuture.whenComplete { _ in shown.fail(ChannelError.eof) }
                return channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(
                        context: context,
                        serverHostname: nil,
                        customVerificationCallback: { certificates, promise in
                            shown.succeed(certificates.compactMap { try? $0.toDERBytes() })
                            promise.succeed(.failed)
                        }
                    )
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: self.host, port: self.port)
        connecting.whenFailure { shown.fail($0) }
        return try? await shown.futureResult.get()
    }
}
