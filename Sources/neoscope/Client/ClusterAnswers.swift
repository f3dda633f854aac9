/// The bodies of the API's cluster paths as the screens need them; keys are the API's, without underscores.
struct ClusterAnswer: Decodable {
    struct Parameters: Decodable {
        var version: UInt64
        var partitions: Int
        var replication: Int
        var confirmations: Int
    }

    struct Coverage: Decodable {
        var replicated: Int
        var underReplicated: Int
        var unavailable: Int
    }

    var cluster: String
    var node: String
    var parameters: Parameters
    var members: [String: Int]
    var partitions: Coverage
    var owedFrames: UInt64
    var foreignChunks: UInt64
    var missingNodes: [String]
}

struct MembersAnswer: Decodable {
    struct Load: Decodable {
        var signal: String
        var itemsPerSecond: Double
        var copiesPerSecond: Double
    }

    struct Writes: Decodable {
        var framesUnderWay: Double
        var bytesUnderWay: Double
        var owedFrames: Double
        var foreignChunks: Double
    }

    struct Store: Decodable {
        var bytes: Double
        var segments: Double
        var queuedBytes: Double
        var unindexedFrames: Double
        var unindexedSeconds: Double
    }

    struct Figures: Decodable {
        var version: String
        var hostName: String
        var uptimeSeconds: Double
        var residentBytes: Double
        var cpuCores: Double
        var certificateDaysLeft: Double
        var sickness: Int
        var load: [Load]
        var writes: Writes
        var store: Store
    }

    struct Member: Decodable {
        var name: String
        var status: String
        var isSelf: Bool
        var epoch: UInt64
        var incarnation: UInt64
        var address: String
        var zone: String
        var partitions: Int
        var share: Double
        var figures: Figures?
    }

    struct Agent: Decodable {
        var name: String
        var nodes: [String]
        var connections: UInt64
        var connectedSince: String?
        var silentSeconds: Double
        var frames: Double
        var items: Double
        var bytes: Double
    }

    var members: [Member]
    var agents: [Agent]
    var missingNodes: [String]
}

struct VerifyAnswer: Decodable {
    struct Owner: Decodable {
        var node: String
        var chunks: UInt64
        var digest: String
    }

    struct Difference: Decodable {
        var partition: Int
        var from: String
        var to: String
        var owners: [Owner]
    }

    struct Foreign: Decodable {
        var node: String
        var partitions: Int
        var chunks: UInt64
    }

    var status: String
    var from: String
    var to: String
    var chunks: UInt64
    var partitions: Int
    var unequalPartitions: Int
    var undeliveredPartitions: Int
    var thinPartitions: Int
    var differing: [Difference]
    var foreign: [Foreign]
    var missingNodes: [String]
    var deadNodes: [String]
}

struct PlacementAnswer: Decodable {
    struct Place: Decodable {
        var node: String
        var rank: Int?
        var status: String
        var owner: Bool
        var chunks: Int?
        var foreign: Bool
    }

    var traceId: String
    var partition: Int
    var replication: Int
    var ranking: [Place]
    var missingNodes: [String]
}
