/// Where the control group hierarchies are mounted: version 2, version 1, or both (hybrid).
struct CgroupMounts: Equatable, Sendable {
    private struct Hierarchy: Equatable, Sendable {
        var mountPoint: String
        /// The group that the mount point shows; `/` outside containers.
        var root: String

        /// The directory of a group, given by its path from the hierarchy's own root or from the mount's.
        func directory(of path: String) -> String {
            var below = path == "/" ? "" : path
            if self.root != "/", below == self.root || below.hasPrefix(self.root + "/") {
                below.removeFirst(self.root.count)
            }
            return self.mountPoint + below
        }
    }

    private var unified: Hierarchy?
    private var byController: [String: Hierarchy] = [:]

    /// Knows no hierarchy.
    init() {}

    /// Picks the hierarchies out of the mount table; where one is mounted twice, the first counts.
    init(_ mounts: [MountEntry]) {
        for mount in mounts {
            let hierarchy = Hierarchy(mountPoint: mount.mountPoint, root: mount.root)
            if mount.type == "cgroup2", self.unified == nil {
                self.unified = hierarchy
            } else if mount.type == "cgroup" {
                for option in mount.superOptions.split(separator: ",")
                where self.byController[String(option)] == nil {
                    self.byController[String(option)] = hierarchy
                }
            }
        }
    }

    /// The directory of a group in the version 1 hierarchy of a controller, if there is one.
    func v1(_ controller: String, _ path: String) -> String? {
        self.byController[controller]?.directory(of: path)
    }

    /// The directory of a group in version 2, if it is mounted.
    func v2(_ path: String) -> String? {
        self.unified?.directory(of: path)
    }

    /// The group that users mean, as a path from the hierarchies' root with a leading slash and no trailing
    /// one.
    ///
    /// Accepts what people copy from a shell: with the mount point of a hierarchy in front, without the
    /// slash.
    func normalized(_ given: String) -> String {
        var path = given.hasPrefix("/") ? given : "/" + given
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let mountPoints = ([self.unified] + self.byController.values.map(Optional.some)).compactMap {
            $0?.mountPoint
        }
        // The longest first: one hierarchy may be mounted below another's directory.
        for mountPoint in mountPoints.sorted(by: { $0.count > $1.count }) {
            if path == mountPoint { return "/" }
            if path.hasPrefix(mountPoint + "/") { return String(path.dropFirst(mountPoint.count)) }
        }
        return path
    }

    /// A group and all those above it, itself first.
    static func lineage(of path: String) -> [String] {
        var groups = [path]
        var current = path
        while let slash = current.lastIndex(of: "/"), slash != current.startIndex {
            current = String(current[..<slash])
            groups.append(current)
        }
        if path != "/" { groups.append("/") }
        return groups
    }
}
