internal import Foundation

extension CredentialFiles {
    /// Writes a revocation list that another node gave into the own file, if it is the authority's and newer than what is
    /// in force; blocking IO.
    ///
    /// A file that is damaged or gone is made good by it; one that a command made newer meanwhile stays.
    ///
    /// - Parameters:
    ///   - list: In PEM, as it came.
    ///   - current: What is in force, and who may sign.
    /// - Throws: `olderList` where it is not newer; `unknownAuthority` where no authority of the cluster signed it; `openSSL` or
    ///   `invalid` where it is no list; `notFound` where there is no place for one, or its folder is gone; `file` where it cannot be written.
    package func adopt(revocationList list: [UInt8], over current: Credentials) throws(PKIFailure) {
        guard let path = self.revocationList else {
            throw PKIFailure(.notFound, "there is no file for a revocation list (tls.revocation_list)")
        }
        let authorities = try Certificate.all(pem: current.authorities)
        let new = try PeerVerifier.list(list, signedBy: authorities)
        let number = current.verifier.listNumber ?? 0
        guard new.number > number else {
            throw PKIFailure(
                .olderList,
                "revocation list \(new.number) is not newer than \(number), which is in force"
            )
        }
        let lock = try FolderLock((path as NSString).deletingLastPathComponent, patience: 2)
        defer { extendLifetime(lock) }
        guard Self.number(path, signedBy: authorities) < new.number else { return }
        try PKIFile.write(try new.pem(), to: path)
    }

    /// The number of the list in a file; 0 where there is none that counts.
    private static func number(_ path: String, signedBy authorities: [Certificate]) -> UInt64 {
        do throws(PKIFailure) {
            return try PeerVerifier.list(try PKIFile.read(path), signedBy: authorities).number
        } catch { return 0 }
    }
}
