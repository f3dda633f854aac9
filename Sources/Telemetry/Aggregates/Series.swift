/// What a metric is about and how its numbers behave: the identity of one line in a chart.
package struct Series: Hashable, Sendable {
    /// How the numbers of a series behave.
    package enum Kind: UInt8, Sendable {
        /// A sum of what was added; only rises.
        case counter = 1
        /// The state of something; merges by minimum, maximum, sum and count.
        case gauge = 2
        /// A distribution.
        case histogram = 3
        /// How many different things there were.
        case distinct = 4
    }

    /// A series of more attributes cannot be read back, so nobody may make one.
    package static let attributesMax = 128

    /// Whom the series belongs to; decides its key.
    package enum Subject: Hashable, Sendable {
        case service(String)
        case host(String)
    }

    /// Whom it is about.
    package var subject: Subject
    /// The metric's name in OpenTelemetry's spelling.
    package var name: String
    /// A UCUM unit; empty for none.
    package var unit: String
    /// How its numbers behave.
    package var kind: Kind
    /// Sorted by name; without the subject.
    package private(set) var attributes: [MetricLabel]

    /// A series; the order of its attributes does not matter.
    package init(
        _ name: String,
        unit: String,
        kind: Kind,
        subject: Subject,
        attributes: [MetricLabel] = []
    ) {
        self.name = name
        self.unit = unit
        self.kind = kind
        self.subject = subject
        self.attributes = attributes.sorted { $0.name < $1.name }
    }

    /// The key whose partition owns the series' slots.
    package var key: Key {
        switch self.subject {
        case .service(let name): .service(name)
        case .host(let id): .host(id)
        }
    }

    /// The attribute's value; nil where the series has none of that name.
    package subscript(_ name: String) -> String? {
        self.attributes.first { $0.name == name }?.value
    }

    /// Attributes and subject as labels, for people and exporters.
    package var labels: [MetricLabel] {
        switch self.subject {
        case .service(let name): [MetricLabel("service.name", name)] + self.attributes
        case .host(let id): [MetricLabel("host.id", id)] + self.attributes
        }
    }

    /// Appends subject, name, unit, kind and attributes.
    package func encode(into writer: inout ByteWriter) {
        switch self.subject {
        case .service(let name):
            writer.byte(1)
            writer.text(name)
        case .host(let id):
            writer.byte(2)
            writer.text(id)
        }
        writer.text(self.name)
        writer.text(self.unit)
        writer.byte(self.kind.rawValue)
        writer.varint(UInt64(self.attributes.count))
        for label in self.attributes {
            writer.text(label.name)
            writer.text(label.value)
        }
    }

    /// Reads what ``encode(into:)`` wrote.
    ///
    /// - Throws: ``WireFailure`` where the bytes end too early or say what no series says.
    package init(from reader: inout WireReader) throws(WireFailure) {
        let start = reader.offset
        let tag = try reader.byte()
        let subject = try reader.text()
        let name = try reader.text()
        let unit = try reader.text()
        guard let kind = Kind(rawValue: try reader.byte()), tag == 1 || tag == 2 else {
            throw .invalidTag(atByte: start)
        }
        let count = try reader.varint()
        guard count <= UInt64(Self.attributesMax) else { throw .tooMany(atByte: start) }
        var attributes: [MetricLabel] = []
        for _ in 0..<count { attributes.append(MetricLabel(try reader.text(), try reader.text())) }
        self.init(
            name,
            unit: unit,
            kind: kind,
            subject: tag == 1 ? .service(subject) : .host(subject),
            attributes: attributes
        )
    }
}
