/// The cluster as an edge sees it, out of what several nodes told.
///
/// The last word of every node that is connected counts, whoever spoke last: a node that is cut off from the others takes
/// them for dead, and one that just started knows nobody. Of a member the newest record counts, by boot epoch and
/// incarnation; where words differ only in its status, that of most nodes; where these are as many, its own word, or else
/// the later status. A record that nobody tells any more stays for a while.
///
/// Pure; time is since the process started and never goes back.
package struct ViewBook: Equatable, Sendable {
    /// Records that nobody tells stay so long.
    package static let untoldMax = Duration.seconds(600)

    /// The cluster as it is taken to be; nil before anybody told.
    package private(set) var view: ClusterView?
    /// Never walked but sorted.
    private var words: [NodeID: ClusterView] = [:]
    /// Since when nobody tells of a member what is known here.
    private var untold: [NodeID: Duration] = [:]

    /// Nobody told anything yet.
    package init() {}

    /// A node that is connected tells its picture, in the place of what it told before.
    package mutating func told(_ view: ClusterView, by node: NodeID, at now: Duration) {
        self.words[node] = view
        self.update(at: now)
    }

    /// The connection to a node ended: what it told counts no more, but for what only it knew.
    package mutating func lost(_ node: NodeID, at now: Duration) {
        guard self.words.removeValue(forKey: node) != nil, !self.words.isEmpty else { return }
        self.update(at: now)
    }

    private mutating func update(at now: Duration) {
        var told: [NodeID: [(teller: NodeID, record: MemberRecord)]] = [:]
        var parameters = self.view?.parameters
        for teller in self.words.keys.sorted() {
            guard let word = self.words[teller] else { continue }
            for record in word.records { told[record.node, default: []].append((teller, record)) }
            if parameters.map({ word.parameters.supersedes($0) }) ?? true { parameters = word.parameters }
        }
        guard let parameters else { return }
        var known: [NodeID: MemberRecord] = [:]
        for record in self.view?.records ?? [] { known[record.node] = record }
        var records: [MemberRecord] = []
        for node in Set(told.keys).union(known.keys).sorted() {
            let record = self.choose(Self.best(told[node] ?? []), known[node], of: node, at: now)
            if let record { records.append(record) }
        }
        self.view = ClusterView(records, parameters)
    }

    /// What is told of a member, unless what is known is newer.
    private mutating func choose(
        _ told: MemberRecord?,
        _ known: MemberRecord?,
        of node: NodeID,
        at now: Duration
    ) -> MemberRecord? {
        if let known, told.map({ Self.age(of: $0) < Self.age(of: known) }) ?? true {
            let since = self.untold[node] ?? now
            self.untold[node] = since
            if now - since < Self.untoldMax { return known }
        }
        self.untold[node] = nil
        return told
    }

    private static func age(of record: MemberRecord) -> (UInt64, UInt32) {
        (record.epoch, record.incarnation)
    }

    private static func best(_ told: [(teller: NodeID, record: MemberRecord)]) -> MemberRecord? {
        guard let newest = told.map({ Self.age(of: $0.record) }).max(by: <) else { return nil }
        let current = told.filter { Self.age(of: $0.record) == newest }
        func votes(_ record: MemberRecord) -> Int { current.count { $0.record.status == record.status } }
        let most = current.map { votes($0.record) }.max() ?? 0
        let chosen = current.filter { votes($0.record) == most }
        return chosen.first { $0.teller == $0.record.node }?.record
            ?? chosen.map(\.record).max { $0.status.rawValue < $1.status.rawValue }
    }
}
