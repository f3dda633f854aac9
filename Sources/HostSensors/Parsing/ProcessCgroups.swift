/// The control groups of a process.
///
/// Source: `/proc/<pid>/cgroup`.
package struct ProcessCgroups: Equatable, Sendable {
    /// One hierarchy and the process's place in it.
    package struct Membership: Equatable, Sendable {
        /// Comma-separated; empty for version 2, `name=systemd` for one without controllers.
        package var controllers: String
        /// From the root of the hierarchy, or of the cgroup namespace.
        package var path: String
    }

    /// In the kernel's order, version 2 last.
    package var memberships: [Membership] = []

    /// Reads the file: `id:controllers:path`, where the path may hold colons.
    package init(parsing text: Span<UInt8>) {
        var text = TextCursor(text)
        while !text.isAtEnd {
            var line = text.line()
            var id = TextCursor(line.text(until: UInt8(ascii: ":")))
            guard id.number() != nil, !line.isAtEnd else { continue }
            let controllers = line.text(until: UInt8(ascii: ":"))
            guard line.rest.starts(with: "/") else { continue }
            self.memberships.append(Membership(controllers: controllers.text, path: line.rest.text))
        }
    }

    /// The path in the hierarchy of a controller; version 2 serves those that no other hierarchy has.
    package func path(of controller: String) -> String? {
        let own = self.memberships.first {
            $0.controllers.split(separator: ",").contains { $0 == controller }
        }
        return (own ?? self.memberships.first { $0.controllers.isEmpty })?.path
    }

    /// The path that tells most about what the process belongs to.
    ///
    /// Version 2 first, then where init systems and container engines put things; a root says nothing.
    package var mostTelling: String? {
        let unified = self.memberships.first { $0.controllers.isEmpty }?.path
        if let unified, unified != "/" { return unified }
        for controller in ["name=systemd", "memory", "cpu", "pids", "cpuacct", "blkio"] {
            let path = self.memberships.first {
                $0.controllers.split(separator: ",").contains { $0 == controller }
            }?.path
            if let path, path != "/" { return path }
        }
        return unified ?? self.memberships.first?.path
    }
}
