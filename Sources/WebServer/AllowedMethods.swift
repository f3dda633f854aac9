internal import HTTPTypes
internal import Hummingbird

/// Which methods a path answers, for those who ask with another one (RFC 9110, section 15.5.6).
struct AllowedMethods: Sendable {
    private let routes: [(path: [String], method: String)]

    init(_ routes: [Router<APIContext>.RouteDescription]) {
        self.routes = routes.map { (Self.parts(String(describing: $0.path)), $0.method.rawValue) }
    }

    /// The methods of a path, sorted, with the HEAD that goes with each GET; none where there is no such path.
    func allowed(at path: String) -> [String] {
        let asked = Self.parts(path)
        let fitting = self.routes.filter { route in
            route.path.count == asked.count
                && zip(route.path, asked).allSatisfy { $0.hasPrefix(":") || $0.hasPrefix("{") || $0 == $1 }
        }
        let methods = Set(fitting.map(\.method))
        return (methods.contains("GET") ? methods.union(["HEAD"]) : methods).sorted()
    }

    private static func parts(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }
}
