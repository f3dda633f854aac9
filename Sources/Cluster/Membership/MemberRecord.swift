internal import Telemetry

/// What a member is taken for; the raw value orders statuses of one incarnation and stands on the wire.
package enum MemberStatus: UInt8, CaseIterable, Sendable {
    /// It answers.
    case alive = 0
    /// It hands over what it holds and takes nothing new.
    case leaving = 1
    /// It did not answer somebody, and has a while to say that it lives.
    case suspect = 2
    /// It did not.
    case dead = 3
    /// It said goodbye.
    case left = 4

    /// Whether anybody expects it to answer.
    package var isPresent: Bool { self.rawValue <= Self.suspect.rawValue }
}

/// One member as the cluster knows it.
///
/// The newest of two records is found by (boot epoch, incarnation, status), never by a clock. Only the member itself
/// raises its epoch and its incarnation.
package struct MemberRecord: Equatable, Sendable {
    /// Its name.
    package var node: NodeID
    /// Starts of its process so far.
    package var epoch: UInt64
    /// Low half of its run id: tells two processes under one name apart.
    package var run: UInt64
    /// Raised by the member to contradict what is said of it.
    package var incarnation: UInt32
    /// What it is taken for.
    package var status: MemberStatus
    /// Whether it said that it leaves, whatever it is taken for since.
    package var isLeaving: Bool
    /// `host:port` of its peer door.
    package var address: String
    /// `host:port` of its API.
    package var api: String
    /// Where it stands, as copies are spread over zones; empty where nobody says.
    package var zone: String

    /// A record of a member that lives.
    package init(
        node: NodeID,
        epoch: UInt64,
        run: UInt64,
        incarnation: UInt32 = 0,
        status: MemberStatus = .alive,
        address: String = "",
        api: String = "",
        zone: String = ""
    ) {
        self.node = node
        self.epoch = epoch
        self.run = run
        self.incarnation = incarnation
        self.status = status
        self.isLeaving = status == .leaving
        self.address = address
        self.api = api
        self.zone = zone
    }

    /// Whether it holds its place in the placement: the living and the suspected, but for those who said goodbye.
    package var isPlaced: Bool { (self.status == .alive || self.status == .suspect) && !self.isLeaving }

    /// No process starts so often: a higher number is none.
    package static let epochMax: UInt64 = 1 << 62
    /// Nor so often between two times that it is heard of.
    private static let leapMax: UInt64 = 1 << 32

    /// Whether the epoch is higher than it can have become since another record, or at all: it is made up or damaged.
    func leaps(over other: MemberRecord?) -> Bool {
        guard self.epoch <= Self.epochMax else { return true }
        guard let other, self.epoch > other.epoch else { return false }
        return self.epoch - other.epoch > Self.leapMax
    }

    /// Becomes newer than another record: by the incarnation, or the epoch where no higher incarnation is left.
    mutating func outbid(_ other: MemberRecord) {
        self.epoch = max(self.epoch, other.epoch)
        if other.incarnation < .max {
            self.incarnation = other.incarnation + 1
        } else {
            self.epoch = self.epoch.saturatingAdd(1)
            self.incarnation = 0
        }
    }

    /// Whether this one is newer.
    package func supersedes(_ other: MemberRecord) -> Bool {
        (self.epoch, self.incarnation, self.status.rawValue)
            > (other.epoch, other.incarnation, other.status.rawValue)
    }
}

/// A record on its way through the cluster.
package struct Rumor: Equatable, Sendable {
    /// What is said.
    package var record: MemberRecord
    /// Who got no answer, where the record says `suspect`.
    package var accuser: NodeID?

    /// What is said, and by whom.
    package init(_ record: MemberRecord, accuser: NodeID? = nil) {
        self.record = record
        self.accuser = accuser
    }
}
