import OTLPMessages

/// The processes of one trace, each kept once.
struct JaegerProcesses {
    /// The JSON of each process, in the order in which they came.
    private(set) var bodies: [[UInt8]] = []
    private var indices: [[UInt8]: Int] = [:]

    /// The name by which the spans of a resource refer to their process.
    mutating func name(of resource: OTLPResource) -> String {
        let body = Self.body(of: resource)
        if let index = self.indices[body] { return Self.name(at: index) }
        let index = self.bodies.count
        self.indices[body] = index
        self.bodies.append(body)
        return Self.name(at: index)
    }

    /// The name of the process at an index: p1 is the first.
    static func name(at index: Int) -> String {
        "p\(index + 1)"
    }

    /// Sorted, so that resources that list the same attributes in another order are the same process.
    private static func body(of resource: OTLPResource) -> [UInt8] {
        let tags = resource.attributes.filter { $0.key != "service.name" }.enumerated().sorted {
            left,
            right in
            (left.element.key, left.offset) < (right.element.key, right.offset)
        }
        var writer = JSONWriter()
        writer.object { process in
            process.member("serviceName", resource.serviceName)
            process.key("tags")
            process.array(of: tags) { $0.jaegerTag($1.element.key, $1.element.value) }
        }
        return writer.bytes
    }
}
