package import Telemetry

/// Why a connection is not served; the other side is told, and shows it to its operator.
package struct Rejection: Error, Equatable, Sendable, CustomStringConvertible {
    /// The reasons; numbers stand on the wire.
    package enum Reason: UInt8, CaseIterable, Sendable {
        /// No version in common.
        case version = 1
        /// Another cluster.
        case cluster = 2
        /// Says another name than its certificate.
        case identity = 3
        /// The role may not do that.
        case role = 4
        /// Places by other parameters.
        case placement = 5
        /// Another process with this name is here and lives.
        case duplicate = 6
        /// Too many connections.
        case busy = 7
        /// The process ends.
        case closing = 8
        /// The hello could not be read.
        case malformed = 9
        /// A certificate that counts no more.
        case certificate = 10
        /// It called itself.
        case itself = 11
        /// It sent more than the window allows; said in a goodbye.
        case flow = 12
        /// It said nothing in the time for it; only counted.
        case silent = 13
        /// It does not read what it is sent; only counted.
        case slow = 14
        /// An agent whose frames are of a format that is not read here.
        case format = 15
        /// It has not greeted, and too many others have not either; only counted.
        case crowded = 16
        /// All connections together hold too much; only counted.
        case memory = 17

        /// The label value of the program's own metrics.
        package var label: String { "\(self)" }
    }

    /// The reason, for programs.
    package var reason: Reason
    /// What was expected, and what came; for people.
    package var message: String
    /// The versions that whoever refuses speaks.
    package var versions: ClosedRange<UInt16>

    /// A reason with its words, from a side that speaks the versions of this program.
    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
        self.versions = PeerProtocol.versions
    }

    package var description: String { self.message }

    /// As it is sent: in a layout that no later version changes, since it goes to whoever speaks others.
    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.byte(self.reason.rawValue)
        writer.fixed16(self.versions.lowerBound)
        writer.fixed16(self.versions.upperBound)
        writer.message(self.message)
        return writer.bytes
    }

    /// Reads a rejection; a reason of a later version reads as `malformed` with its words.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        self.reason = Reason(rawValue: try reader.byte()) ?? .malformed
        let (low, high) = (try reader.fixed16(), try reader.fixed16())
        guard low <= high else { throw .invalidTag(atByte: 1) }
        self.versions = low...high
        self.message = try reader.message()
    }
}

extension Hello {
    /// Judges a hello by what this side is and by what the caller's certificate says.
    ///
    /// - Parameters:
    ///   - certificate: Who the caller is by its certificate.
    ///   - local: This side.
    /// - Returns: The version to speak.
    /// - Throws: ``Rejection`` with the first thing that does not fit.
    package func judge(certificate: Identity, local: Greeting) throws(Rejection) -> UInt16 {
        let caller = self.greeting
        guard caller.cluster == local.cluster else {
            throw Rejection(.cluster, "expected cluster \(local.cluster), not \(caller.cluster)")
        }
        guard caller.identity == certificate else {
            throw Rejection(
                .identity,
                "the certificate is for \(certificate), the hello says \(caller.identity)"
            )
        }
        guard self.purpose.isOpen(to: certificate.role) else {
            throw Rejection(.role, "a certificate of role \(certificate.role.rawValue) may not \(self.deed)")
        }
        // Collectors look themselves whom they send frames to; they have other things to say too.
        guard certificate.role != .agent || caller.frameVersion <= local.frameVersion else {
            throw Rejection(
                .format,
                "expected frames of version \(local.frameVersion) at most, not \(caller.frameVersion); update the "
                    + "collectors before the agents"
            )
        }
        guard caller.run != local.run else { throw Rejection(.itself, "this is the process that called") }
        if certificate.role == .collector {
            guard caller.identity.node != local.identity.node else {
                throw Rejection(.duplicate, "\(caller.identity) is this process, and it lives")
            }
            guard !PlacementParameters.areAtOdds(caller.placement, local.placement) else {
                throw Rejection(
                    .placement,
                    "expected placement parameters \(local.placement.words), not \(caller.placement.words); set the "
                        + "same on all nodes"
                )
            }
        }
        return min(self.versions.upperBound, PeerProtocol.versions.upperBound)
    }

    private var deed: String {
        switch self.purpose {
        case .control: "join the cluster"
        case .data: "send frames"
        case .replica: "replicate"
        }
    }
}

extension PlacementParameters? {
    /// For people.
    fileprivate var words: String { self.map(\.description) ?? "none" }
}
