import Cluster
import PKI
import Testing

@testable import Access

/// The whole table of who may do what, and why not.
@Suite struct AccessRuleTests {
    typealias Caller = AccessRule.Caller

    /// What everybody gets, right by right: health, figures, reading, writing, administration; nil is let in.
    private static let table: [(Caller, [AccessRefusal?])] = [
        (Caller(), [nil, .noCredential, .noCredential, .noCredential, .noCredential]),
        (Caller(isAtOpenDoor: true), [nil, nil, nil, nil, .noCredential]),
        (Caller(certificate: .good(.operator)), [nil, nil, nil, nil, nil]),
        (Caller(certificate: .good(.collector)), [nil, nil, nil, nil, .wrongRole]),
        (Caller(certificate: .good(.agent)), [nil, nil, .wrongRole, nil, .wrongRole]),
        (
            Caller(certificate: .bad),
            [nil, .badCertificate, .badCertificate, .badCertificate, .badCertificate]
        ),
        (Caller(certificate: .bad, isAtOpenDoor: true), [nil, nil, nil, nil, .badCertificate]),
        (Caller(bearer: .good([.read])), [nil, nil, nil, .wrongScope, .wrongScope]),
        (Caller(bearer: .good([.write])), [nil, .wrongScope, .wrongScope, nil, .wrongScope]),
        (Caller(bearer: .good([.read, .write])), [nil, nil, nil, nil, .wrongScope]),
        (Caller(bearer: .good([])), [nil, .wrongScope, .wrongScope, .wrongScope, .wrongScope]),
        (Caller(bearer: .bad), [nil, .badToken, .badToken, .badToken, .badToken]),
        (Caller(bearer: .bad, isAtOpenDoor: true), [nil, nil, nil, nil, .badToken]),
        (Caller(certificate: .good(.agent), bearer: .good([.read])), [nil, nil, nil, nil, .wrongScope]),
        (Caller(certificate: .good(.operator), bearer: .bad), [nil, nil, nil, nil, nil]),
        (
            Caller(certificate: .bad, bearer: .good([.write])),
            [nil, .wrongScope, .wrongScope, nil, .wrongScope]
        ),
        (
            Caller(certificate: .bad, bearer: .bad),
            [nil, .badToken, .badToken, .badToken, .badToken]
        ),
    ]

    @Test func `everybody gets what the table says`() {
        for (caller, wanted) in Self.table {
            for (right, refusal) in zip(AccessRight.allCases, wanted) {
                #expect(AccessRule.refusal(of: right, to: caller) == refusal, "\(caller) \(right)")
            }
        }
    }

    @Test func `only an operator administers, whatever else is shown`() {
        for role in Role.allCases {
            for scopes in [[], [.read], [.write], [.read, .write]] as [Set<TokenScope>] {
                let caller = Caller(
                    certificate: .good(role),
                    bearer: .good(scopes),
                    isAtOpenDoor: true
                )
                let isIn = AccessRule.refusal(of: .administration, to: caller) == nil
                #expect(isIn == (role == .operator), "\(caller)")
            }
        }
    }

    @Test func `more credentials never mean fewer rights`() {
        let certificates: [Caller.Certificate] = [.none, .bad] + Role.allCases.map { .good($0) }
        let bearers: [Caller.Bearer] = [.none, .bad, .good([.read]), .good([.write])]
        for right in AccessRight.allCases {
            for certificate in certificates {
                for bearer in bearers {
                    let alone = [Caller(certificate: certificate), Caller(bearer: bearer)]
                    let isEither = alone.contains { AccessRule.refusal(of: right, to: $0) == nil }
                    let both = Caller(certificate: certificate, bearer: bearer)
                    let isBoth = AccessRule.refusal(of: right, to: both) == nil
                    #expect(isBoth == isEither, "\(right) \(both)")
                }
            }
        }
    }
}
