package import Telemetry

extension AgentScenario {
    /// Makes a request with so many log records.
    ///
    /// Seven of eight tell of a span of the last batch of spans and carry its ids; the others, and all of them where
    /// no spans were made before, belong to no trace. With content on, some carry a prompt as an event's attribute.
    ///
    /// - Parameters:
    ///   - count: how many records; cut to 0...``Batch/itemsMax``.
    ///   - now: when the request is sent.
    /// - Returns: a request grouped by service, with the trace ids that its records name.
    package mutating func logs(_ count: Int, at now: Timestamp) -> Batch {
        let size = min(max(count, 0), Batch.itemsMax)
        var records: [LogDraft] = []
        records.reserveCapacity(size)
        for _ in 0..<size {
            let isTied = !self.recent.isEmpty && !self.random.chance(perMille: 125)
            records.append(isTied ? self.tiedRecord() : self.freeRecord(at: now))
        }
        var seen: Set<TraceID> = []
        return Batch(
            signal: .logs,
            bytes: LogRequest.encode(records, of: self.fleet),
            itemCount: records.count,
            traceIDs: records.compactMap(\.trace).filter { seen.insert($0).inserted },
            errorCount: records.count { $0.severity.number >= LogDraft.Severity.error.number }
        )
    }

    private mutating func tiedRecord() -> LogDraft {
        let span = self.recent[self.random.below(self.recent.count)]
        let milliseconds = Double(span.duration / 1_000) / 1_000
        let severity: LogDraft.Severity =
            span.errorMessage != nil ? .error : self.random.chance(perMille: 300) ? .debug : .information
        let hasContent = self.options.capturesContent && self.random.chance(perMille: 250)
        return LogDraft(
            service: span.service,
            time: span.end,
            observed: span.end &+ UInt64(self.random.below(5_000_000)),
            severity: severity,
            body: span.errorMessage.map { "\(span.name) failed: \($0)" }
                ?? "\(span.name) finished in \(milliseconds) ms",
            attributes: [
                Attribute("code.function.name", span.name),
                Attribute("duration_ms", .number(milliseconds)),
            ] + (hasContent ? [Attribute("gen_ai.input.messages", Self.contentMarker)] : []),
            trace: span.trace,
            span: span.span,
            event: hasContent ? "gen_ai.client.inference.operation.details" : nil
        )
    }

    private mutating func freeRecord(at now: Timestamp) -> LogDraft {
        let age = UInt64(self.random.below(1_000_000_000))
        let time = now.nanoseconds - min(now.nanoseconds, age)
        let service = self.random.below(self.fleet.services.count)
        let isWarning = self.random.chance(perMille: 100)
        return LogDraft(
            service: service,
            time: time,
            observed: time,
            severity: isWarning ? .warning : .information,
            body: isWarning
                ? "connection pool at \(80 + self.random.below(20)) percent"
                : "heartbeat of \(self.fleet.services[service].name): \(self.random.below(500)) tasks open",
            attributes: [Attribute("log.logger", "neo.supervisor")],
            trace: nil,
            span: nil,
            event: nil
        )
    }
}
