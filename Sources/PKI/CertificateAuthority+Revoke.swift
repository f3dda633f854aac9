package import Cluster
internal import Foundation

extension CertificateAuthority {
    /// Days of a revocation list until another one is expected.
    package static let listDays = 30

    /// What the list is made of, as `revoked.json` keeps it.
    struct Revoked: Codable {
        var number: UInt64
        var serials: [Entry]

        struct Entry: Codable {
            var serial: String
            var at: Int64
        }
    }

    /// Revokes a serial number; the new list is written at once.
    ///
    /// - Parameter serial: In hexadecimal, as `openssl x509 -serial` or `neoscope pki show` tells it.
    /// - Returns: The list.
    /// - Throws: `invalid` for what is no number, `exists` where it is revoked already, `file`.
    @discardableResult
    package func revoke(serial: String) throws(PKIFailure) -> RevocationList {
        guard let serial = Serial.read(serial) else {
            throw PKIFailure(
                .invalid,
                "expected a serial number in hexadecimal, not \"\(serial.prefix(80))\""
            )
        }
        let lock = try self.lock()
        defer { extendLifetime(lock) }
        var revoked = try self.revoked()
        guard !revoked.serials.contains(where: { $0.serial == serial }) else {
            throw PKIFailure(.exists, "\(serial) is revoked already")
        }
        revoked.serials.append(.init(serial: serial, at: Self.now()))
        return try self.publish(revoked)
    }

    /// Revokes every certificate of an identity that has not ended, renewed ones too, and sets its files aside under the
    /// serial number of the newest.
    ///
    /// What was begun and not finished is finished by doing it again. Keys that are kept elsewhere are no hindrance.
    ///
    /// - Returns: The list.
    /// - Throws: `notFound` where nothing of it is left to be revoked, `file`.
    @discardableResult
    package func revoke(_ identity: Identity) throws(PKIFailure) -> RevocationList {
        let lock = try self.lock()
        defer { extendLifetime(lock) }
        let paths = self.paths(identity)
        let newest = try self.newest(identity)
        var revoked = try self.revoked()
        let known = Set(revoked.serials.map(\.serial))
        let serials = Set(try self.issued().serials(of: identity, at: Self.now()))
            .union(newest.map { [$0.serial] } ?? []).subtracting(known)
        guard newest != nil || !serials.isEmpty else {
            throw PKIFailure(.notFound, "\(identity) has no certificate; \(paths.certificate) is not there")
        }
        revoked.serials += serials.sorted().map { .init(serial: $0, at: Self.now()) }
        let list = try self.publish(revoked)
        guard let newest else { return list }
        // The certificate last: while it is there, this can be done again.
        for path in [paths.key, paths.certificate] {
            try PKIFile.setAside(path, as: "\(path).revoked-\(newest.serial)")
        }
        return list
    }

    /// Signs the revocation list again, for another time; what it names stays.
    ///
    /// - Parameter days: Until another one is expected: 1 to 365.
    /// - Returns: The list, with the next number.
    /// - Throws: `invalid`, `file`.
    @discardableResult
    package func renewList(days: Int = Self.listDays) throws(PKIFailure) -> RevocationList {
        guard (1...365).contains(days) else {
            throw PKIFailure(.invalid, "expected 1 to 365 days, not \(days)")
        }
        let lock = try self.lock()
        defer { extendLifetime(lock) }
        return try self.publish(try self.revoked(), days: days)
    }

    /// The list in force.
    package func revocationList() throws(PKIFailure) -> RevocationList {
        try RevocationList(pem: try PKIFile.read(self.folder + "/crl.pem"))
    }

    // MARK: - Files

    /// The lock of the folder, for reading, changing and writing its files as one step.
    func lock() throws(PKIFailure) -> FolderLock { try FolderLock(self.folder) }

    /// The certificate that an identity has at present; nil where it has none.
    func newest(_ identity: Identity) throws(PKIFailure) -> Certificate? {
        do throws(PKIFailure) {
            return try Certificate(pem: try PKIFile.read(self.paths(identity).certificate))
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    func revoked() throws(PKIFailure) -> Revoked {
        let bytes = try PKIFile.read(self.folder + "/revoked.json")
        do { return try JSONDecoder().decode(Revoked.self, from: Data(bytes)) } catch {
            throw PKIFailure(.file, "\(self.folder)/revoked.json is damaged: \(error)")
        }
    }

    /// Writes the next list of serial numbers.
    @discardableResult
    func publish(_ serials: Revoked, days: Int = Self.listDays) throws(PKIFailure) -> RevocationList {
        var revoked = serials
        revoked.number += 1
        let list = try RevocationList.make(
            number: revoked.number,
            revoked: revoked.serials.map { ($0.serial, $0.at) },
            days: days,
            authority: self.certificate,
            key: self.key
        )
        // The source first: a list can always be made again from it.
        try self.write(revoked, to: "revoked.json")
        try PKIFile.write(try list.pem(), to: self.folder + "/crl.pem")
        return list
    }

    /// What was made so far; nothing in a folder from before there was a record.
    func issued() throws(PKIFailure) -> IssuedRecord {
        let bytes: [UInt8]
        do throws(PKIFailure) { bytes = try PKIFile.read(self.folder + "/issued.json") } catch {
            guard error.code == .notFound else { throw error }
            return IssuedRecord()
        }
        let record: IssuedRecord
        do { record = try JSONDecoder().decode(IssuedRecord.self, from: Data(bytes)) } catch {
            throw PKIFailure(.file, "\(self.folder)/issued.json is damaged: \(error)")
        }
        guard record.version == 1 else {
            throw PKIFailure(
                .file,
                "\(self.folder)/issued.json has version \(record.version), and this program knows 1"
            )
        }
        return record
    }

    func write(_ content: some Encodable, to file: String) throws(PKIFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(content) else {
            throw PKIFailure(.file, "\(file) could not be made")
        }
        try PKIFile.write(Array(data), to: "\(self.folder)/\(file)")
    }

    static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }
}
