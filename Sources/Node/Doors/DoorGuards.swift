internal import Access
internal import Foundation
internal import Logging
internal import PKI
internal import ServiceLifecycle
internal import Telemetry
internal import WebServer

/// What guards a process's doors: the certificate they show, the tokens they know, and what they refused.
struct DoorGuards: Sendable {
    let api: Gate
    let otlpHTTP: Gate
    let otlpGRPC: Gate
    /// Nil where no file is given.
    let tokens: TokenService?
    /// The certificate that doors show; nil where none speaks TLS.
    private let tls: DoorTLS?

    /// Makes the gates of a process.
    ///
    /// - Throws: `PKIFailure` where a door is to speak TLS and the certificate is not fit for a server, or where the
    ///   tokens are no good.
    static func open(
        _ settings: DoorSettings,
        credentials: CredentialService?,
        logger: Logger
    ) throws -> DoorGuards {
        let tokens = try settings.tokensFile.map { try TokenService(path: $0, logger: logger) }
        let securities = [settings.api, settings.otlpHTTP, settings.otlpGRPC]
        var tls: DoorTLS?
        if let credentials, securities.contains(where: { $0 != .plain }) {
            do { tls = try Self.tls(credentials) } catch {
                guard securities.allSatisfy(\.mayBePlain) else { throw error }
                logger.notice(
                    "the API speaks without TLS, on loopback: the certificate is not fit for a server",
                    metadata: ["reason": "\(error)"]
                )
            }
        }
        func gate(_ security: DoorSecurity, isOpen: Bool?, _ tally: AccessTally) -> Gate {
            let tls = security == .plain ? nil : tls
            return Gate(
                tls: tls,
                isOpen: isOpen ?? (tls == nil),
                tokens: { tokens?.current ?? TokenTable() },
                tally: tally,
                now: Self.now
            )
        }
        let otlp = AccessTally()
        return DoorGuards(
            api: gate(settings.api, isOpen: settings.isAPIOpen, AccessTally()),
            otlpHTTP: gate(settings.otlpHTTP, isOpen: nil, otlp),
            otlpGRPC: gate(settings.otlpGRPC, isOpen: nil, otlp),
            tokens: tokens,
            tls: tls
        )
    }

    /// Shows the certificate in use, whenever it changes.
    private static func tls(_ credentials: CredentialService) throws -> DoorTLS {
        let tls = try DoorTLS(credentials.current, now: Self.now)
        credentials.prepareChanges { try tls.prepare($0) }
        return tls
    }

    private static let now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970) }

    /// What the doors refused, and whether the tokens are good.
    func families() -> [MetricFamily] {
        var families = [
            Self.refused(
                "neoscope_api_refused_requests_total",
                "Requests to the API that were refused for want of a right.",
                self.api.tally
            ),
            Self.refused(
                "neoscope_otlp_refused_requests_total",
                "OTLP requests that were refused for want of a right.",
                self.otlpHTTP.tally
            ),
        ]
        if let tls = self.tls {
            families.append(
                OwnMetrics.one(
                    "neoscope_door_refused_handshakes_total",
                    "Handshakes at the API and the OTLP doors that failed because of the caller's certificate.",
                    .counter,
                    Double(tls.refusedHandshakes)
                )
            )
        }
        if let tokens = self.tokens {
            families.append(
                OwnMetrics.one(
                    "neoscope_tokens_reload_failed",
                    "1 while the file of the tokens is no good and the last good ones count.",
                    .gauge,
                    tokens.problem == nil ? 0 : 1
                )
            )
        }
        return families
    }

    private static func refused(_ name: String, _ help: String, _ tally: AccessTally) -> MetricFamily {
        MetricFamily(
            name,
            help: help,
            kind: .counter,
            readings: AccessRefusal.allCases.map { refusal in
                MetricReading(Double(tally[refusal]), labels: [MetricLabel("reason", refusal.rawValue)])
            }
        )
    }

    /// The state of the tokens; none where there is no file.
    func components() -> [ComponentHealth] {
        guard let tokens = self.tokens else { return [] }
        guard let problem = tokens.problem else { return [ComponentHealth("tokens", .healthy)] }
        let detail = "the file is no good, the last good tokens count: \(problem.message)"
        return [ComponentHealth("tokens", .degraded, detail: detail)]
    }

    /// What has to run while doors are open.
    var services: [any Service] { self.tokens.map { [$0] } ?? [] }
}
