extension Token {
    /// Unites two of what is known of one token: who has it revoked is right, and the earlier time holds.
    ///
    /// Nothing but the revocation of a token changes. Where two say otherwise, as after a file was edited by hand, the one
    /// whose other fields come first holds, whoever merges.
    func merged(with other: Token) -> Token {
        var result = self.comesFirst(before: other) ? self : other
        result.revokedAt = [self.revokedAt, other.revokedAt].compactMap(\.self).min()
        return result
    }

    /// Orders by every field but the revocation.
    private func comesFirst(before other: Token) -> Bool {
        var (own, theirs) = (self, other)
        (own.revokedAt, theirs.revokedAt) = (nil, nil)
        return own.encoded.lexicographicallyPrecedes(theirs.encoded)
    }
}

extension TokenTable {
    /// Takes in what another table knows.
    ///
    /// Commutative, associative and idempotent, with the empty table as identity: whoever hears the same of others, in
    /// whatever order, has the same tokens. Of more than ``TokenFile/tokensMax`` those with the lowest ids stay; who is left out
    /// counts nowhere.
    ///
    /// - Parameter other: What it knows.
    /// - Returns: Tokens that found no room.
    @discardableResult package mutating func merge(_ other: TokenTable) -> Int {
        var all = Dictionary(uniqueKeysWithValues: self.all.map { ($0.id, $0) })
        for token in other.all { all[token.id] = all[token.id]?.merged(with: token) ?? token }
        let kept = all.values.sorted { $0.id < $1.id }.prefix(TokenFile.tokensMax)
        self = TokenTable(Array(kept))
        return all.count - kept.count
    }
}
