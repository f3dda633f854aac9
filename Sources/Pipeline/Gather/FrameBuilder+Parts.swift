internal import Telemetry

extension FrameBuilder {
    /// Walks a part once before anything of it is staged, for it is taken whole or not at all.
    ///
    /// - Throws: ``WireFailure`` where a chunk is not whole.
    static func check(_ part: Frame, _ payload: FramePayload) throws(WireFailure) {
        for entry in part.entries {
            try payload.forEachItem(of: entry) { _, _, _ throws(WireFailure) in }
        }
    }

    /// Stages everything that a part holds: its tables, its names and its chunks, each behind what is there of its key.
    ///
    /// Only for a part that ``check(_:_:)`` let pass.
    mutating func take(_ part: Frame, _ payload: FramePayload) {
        let tables = payload.tables.map { self.reference($0, in: payload) }
        let names = part.names.map { self.name($0) }
        func name(_ reference: UInt16) -> UInt16 {
            Int(reference) < names.count ? names[Int(reference)] : ChunkEntry.noName
        }
        for var entry in part.entries {
            entry.service = name(entry.service)
            entry.rootName = name(entry.rootName)
            var place: (chunk: Int, isFirst: Bool)?
            try? payload.forEachItem(of: entry) { resource, scope, range throws(WireFailure) in
                let staged = self.stage(
                    payload.bytes.raw.extracting(range),
                    entry.key,
                    resource: resource == 0 ? 0 : tables[Int(resource) - 1],
                    scope: scope == 0 ? 0 : tables[Int(scope) - 1]
                )
                place = place ?? staged
            }
            if let place { self.chunks[place.chunk].merge(entry, isFirst: place.isFirst) }
        }
    }

    /// What a part's table is called here; what belongs to a whole request is kept for the next frame.
    private mutating func reference(_ table: FramePayload.Table, in payload: FramePayload) -> UInt32 {
        guard table.role != .request else {
            self.keep(requestExtras: Array(payload.bytes[table.range]))
            return 0
        }
        return self.envelope(payload.bytes[table.range], role: table.role)
    }
}
