package import Telemetry

/// Who one side of a connection is, as it says itself; the certificate has to agree.
package struct Greeting: Equatable, Sendable {
    /// The cluster, as the certificate authority names it.
    package var cluster: String
    /// Role and name.
    package var identity: Identity
    /// This start of the process.
    package var run: RunID
    /// Starts of the process so far; zero for agents.
    package var epoch: UInt64
    /// The newest frame format it reads, and the newest that it sends.
    package var frameVersion: UInt16
    /// What it places by; nil for agents, which take it over.
    package var placement: PlacementParameters?
    /// Cluster time when this was written.
    package var clock: ClusterTime

    /// Who one side is.
    package init(
        cluster: String,
        identity: Identity,
        run: RunID,
        epoch: UInt64,
        placement: PlacementParameters?,
        clock: ClusterTime
    ) {
        self.cluster = cluster
        self.identity = identity
        self.run = run
        self.epoch = epoch
        self.frameVersion = FrameHeader.versions.upperBound
        self.placement = placement
        self.clock = clock
    }

    init(from reader: inout WireReader) throws(WireFailure) {
        self.cluster = try reader.shortText()
        let role = try reader.shortText()
        let id = try reader.shortText()
        guard let known = Role(rawValue: role), let identity = Identity(known, id) else {
            throw .invalidText(atByte: reader.offset)
        }
        self.identity = identity
        self.run = RunID(high: try reader.fixed64(), low: try reader.fixed64())
        self.epoch = try reader.varint()
        self.frameVersion = try reader.fixed16()
        self.placement = try PlacementParameters.optional(from: &reader)
        self.clock = ClusterTime(nanoseconds: try reader.fixed64())
    }

    func encode(into writer: inout ByteWriter) {
        writer.text(self.cluster)
        writer.text(self.identity.role.rawValue)
        writer.text(self.identity.id)
        writer.fixed64(self.run.high)
        writer.fixed64(self.run.low)
        writer.varint(self.epoch)
        writer.fixed16(self.frameVersion)
        PlacementParameters.encode(self.placement, into: &writer)
        writer.fixed64(self.clock.nanoseconds)
    }
}

/// The first message on a connection.
package struct Hello: Equatable, Sendable {
    /// The versions the caller speaks.
    package var versions: ClosedRange<UInt16>
    /// What the connection is for.
    package var purpose: ConnectionPurpose
    /// Who calls.
    package var greeting: Greeting
    /// What the caller says of itself; on control connections.
    package var record: MemberRecord?

    /// A hello in the versions of this program.
    package init(
        _ purpose: ConnectionPurpose,
        _ greeting: Greeting,
        record: MemberRecord? = nil,
        versions: ClosedRange<UInt16> = PeerProtocol.versions
    ) {
        self.versions = versions
        self.purpose = purpose
        self.greeting = greeting
        self.record = record
    }

    /// As it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 256)
        writer.fixed32(PeerProtocol.magic)
        writer.fixed16(self.versions.lowerBound)
        writer.fixed16(self.versions.upperBound)
        writer.byte(self.purpose.rawValue)
        self.greeting.encode(into: &writer)
        MemberRecord.encode(self.record, into: &writer)
        return writer.bytes
    }

    /// Reads a hello.
    ///
    /// What comes behind the versions may differ in a version to come: whoever speaks none in common is told by
    /// ``GreetingFailure/version(_:)``, and so can be answered.
    package init(_ bytes: RawSpan) throws(GreetingFailure) {
        var reader = WireReader(bytes)
        do throws(WireFailure) {
            guard try reader.fixed32() == PeerProtocol.magic else { throw WireFailure.invalidTag(atByte: 0) }
            let (low, high) = (try reader.fixed16(), try reader.fixed16())
            guard low <= high else { throw WireFailure.invalidTag(atByte: 4) }
            self.versions = low...high
        } catch { throw .malformed(error) }
        guard self.versions.overlaps(PeerProtocol.versions) else { throw .version(self.versions) }
        do throws(WireFailure) {
            guard let purpose = ConnectionPurpose(rawValue: try reader.byte()) else {
                throw WireFailure.invalidTag(atByte: 8)
            }
            self.purpose = purpose
            self.greeting = try Greeting(from: &reader)
            self.record = try MemberRecord.optional(from: &reader)
        } catch { throw .malformed(error) }
    }
}

/// Why a hello cannot be read.
package enum GreetingFailure: Error, Equatable, Sendable {
    /// It speaks other versions.
    case version(ClosedRange<UInt16>)
    /// It is none.
    case malformed(WireFailure)
}

/// The answer to a hello that is served.
package struct Welcome: Equatable, Sendable {
    /// The version that both speak from now on.
    package var version: UInt16
    /// Who answers.
    package var greeting: Greeting
    /// Bytes of frames that may be unanswered.
    package var window: UInt64
    /// Who is in the cluster.
    package var view: ClusterView
    /// What the caller is known as, which may be an earlier start of it; on control connections.
    package var known: MemberRecord?

    /// An answer in a version.
    package init(
        version: UInt16,
        _ greeting: Greeting,
        window: UInt64,
        view: ClusterView,
        known: MemberRecord? = nil
    ) {
        self.version = version
        self.greeting = greeting
        self.window = window
        self.view = view
        self.known = known
    }

    /// As it is sent.
    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 512)
        writer.fixed16(self.version)
        self.greeting.encode(into: &writer)
        writer.varint(self.window)
        self.view.encode(into: &writer)
        MemberRecord.encode(self.known, into: &writer)
        return writer.bytes
    }

    /// Reads a welcome.
    package init(_ bytes: RawSpan) throws(WireFailure) {
        var reader = WireReader(bytes)
        self.version = try reader.fixed16()
        self.greeting = try Greeting(from: &reader)
        self.window = try reader.varint()
        self.view = try ClusterView(from: &reader)
        self.known = try MemberRecord.optional(from: &reader)
    }
}
