/// Reads the files out of a zip archive whose directory is at its end.
enum ZipArchive {
    /// The files by path; those that are damaged are left out.
    static func files(in archive: [UInt8]) -> [(path: String, bytes: [UInt8])] {
        func number(_ offset: Int, _ count: Int) -> Int {
            guard offset >= 0, offset + count <= archive.count else { return 0 }
            return (0..<count).reduce(0) { $0 | Int(archive[offset + $1]) << (8 * $1) }
        }
        let endSignature = 0x0605_4b50
        let entrySignature = 0x0201_4b50
        guard archive.count >= 22,
            let end = (0...(archive.count - 22)).last(where: { number($0, 4) == endSignature })
        else { return [] }
        var files: [(path: String, bytes: [UInt8])] = []
        var entry = number(end + 16, 4)
        while number(entry, 4) == entrySignature {
            let packed = number(entry + 20, 4)
            let nameLength = number(entry + 28, 2)
            let local = number(entry + 42, 4)
            let path = String(decoding: archive[(entry + 46)..<(entry + 46 + nameLength)], as: UTF8.self)
            let data = local + 30 + number(local + 26, 2) + number(local + 28, 2)
            if !path.hasSuffix("/"), data + packed <= archive.count {
                let bytes = Array(archive[data..<(data + packed)])
                if let plain = number(entry + 10, 2) == 0 ? bytes : Inflate.unpack(bytes) {
                    files.append((path, plain))
                }
            }
            entry += 46 + nameLength + number(entry + 30, 2) + number(entry + 32, 2)
        }
        return files
    }

    /// Unpacks one of the recorded cgroup trees into a temporary tree whose root stands for `/`.
    ///
    /// The recording's mount tables name the mount points by the recorder's own folder, which is undone here.
    static func tree(_ name: String) -> TemporaryTree {
        let tree = TemporaryTree()
        for file in Self.files(in: RecordedTrees.read(RecordedTrees.cgroupArchives + "/" + name + ".zip")) {
            let path = String(file.path.dropFirst(name.count + 1))
            var bytes = file.bytes
            if path.hasSuffix("/mountinfo") {
                let text = String(decoding: bytes, as: UTF8.self)
                let parts = text.split(separator: " testdata/" + name + "/", omittingEmptySubsequences: false)
                bytes = Array(parts.joined(separator: " /").utf8)
            }
            tree.write(path, bytes)
        }
        return tree
    }
}
