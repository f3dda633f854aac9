/// What grows with a cluster, by the numbers of two sizes.
extension Scale {
    /// A figure that is compared between sizes.
    package enum Column: CaseIterable, Sendable {
        /// Until the last node has a process dead that ended, or that stands still; seconds.
        case crash, silence
        /// Per node and second.
        case membershipMessages, membershipBytes, totalsMessages, totalsBytes, repairMessages, repairBytes
        /// The fullest node over the mean.
        case balance
        /// Until all show the same totals; seconds.
        case convergence
    }

    /// How much a figure grew.
    package struct Growth: Equatable, Sendable {
        /// Which one.
        package let column: Column
        /// In the smaller cluster; more than zero.
        package let before: Double
        /// In the larger one; nil where it was not reached any more.
        package let after: Double?

        /// How many times as much; infinite where it was not reached any more.
        package var factor: Double { self.after.map { $0 / self.before } ?? .infinity }
    }

    /// What a size has of a figure; nil where it never came to that.
    package func figure(_ column: Column) -> Double? {
        switch column {
        case .crash: self.crash?.maximum
        case .silence: self.silence?.maximum
        case .membershipMessages: self.membership.messages
        case .membershipBytes: self.membership.bytes
        case .totalsMessages: self.totals.messages
        case .totalsBytes: self.totals.bytes
        case .repairMessages: self.repair.messages
        case .repairBytes: self.repair.bytes
        case .balance: self.balance
        case .convergence: self.convergence
        }
    }

    /// How much each figure grew since a smaller size, what grew fastest first; of equal ones the earlier column.
    ///
    /// Figures that were zero, or not there, in the smaller one are left out.
    package func growth(since smaller: Scale) -> [Growth] {
        let all = Column.allCases.compactMap { column in
            smaller.figure(column).flatMap { before in
                before > 0 ? Growth(column: column, before: before, after: self.figure(column)) : nil
            }
        }
        return all.enumerated().sorted { left, right in
            (right.element.factor, left.offset) < (left.element.factor, right.offset)
        }.map(\.element)
    }
}
