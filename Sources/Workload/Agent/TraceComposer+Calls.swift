internal import Telemetry

/// Calls between services and to databases.
extension TraceComposer {
    /// An operation of a service and what it is asked for; a retry asks for the same.
    struct Target {
        var service: Int
        var operation: Int
        var path: String
        var query: String
    }

    /// Any operation of any callable service, but not of the caller itself unless there is no other.
    mutating func target(from caller: Int) -> Target {
        var service = self.callable.lowerBound + self.random.below(self.callable.count)
        if service == caller {
            service = service + 1 < self.callable.upperBound ? service + 1 : self.callable.lowerBound
        }
        return self.target(service: service)
    }

    /// Any operation of a service.
    mutating func target(service: Int) -> Target {
        let operations = self.fleet.services[service].operations
        let operation = self.random.below(operations.count)
        return Target(
            service: service,
            operation: operation,
            path: self.path(of: operations[operation]),
            query: self.queryString()
        )
    }

    /// Makes so many spans below the open one: calls to other services, to the database, to a model.
    ///
    /// - Returns: the failure that the caller could not handle.
    mutating func calls(from service: Int, spans: Int, depth: Int, for operation: Operation) -> Failure? {
        var left = spans
        var latest = self.clock
        var unhandled: Failure?
        while left > 0 {
            let begin = self.clock
            let failure: Failure?
            if left == 1 || depth >= Self.depthMax || self.random.chance(perMille: 350) {
                failure =
                    self.random.chance(perMille: 850)
                    ? self.query(operation.query, from: service) : self.inference(from: service, session: nil)
                left -= 1
            } else {
                let part = 2 + self.random.below(left - 1)
                let target = self.target(from: service)
                var outcome = self.request(target, from: service, spans: part, depth: depth, resends: 0)
                left -= part
                if outcome != nil, left >= 2, self.random.chance(perMille: 600) {
                    self.spend(median: 100e6)
                    outcome = self.request(target, from: service, spans: 2, depth: depth, resends: 1)
                    left -= 2
                }
                failure = outcome
            }
            if let failure, self.random.chance(perMille: 500) { unhandled = failure }
            latest = max(latest, self.clock)
            // Now and then the next call starts together with this one, and they run side by side.
            self.clock = self.random.chance(perMille: 250) ? begin : latest
        }
        self.clock = latest
        return unhandled
    }

    /// An HTTP request: a CLIENT span in the caller, a SERVER span and its children in the callee.
    ///
    /// Makes so many spans, two at least, and tells why the request failed.
    mutating func request(
        _ target: Target,
        from caller: Int,
        spans: Int,
        depth: Int,
        resends: Int
    ) -> Failure? {
        let callee = self.fleet.services[target.service]
        let operation = callee.operations[target.operation]
        var attributes = [
            Attribute("http.request.method", operation.method),
            Attribute(
                "url.full",
                "http://\(callee.name).neo.svc.cluster.local:8080\(target.path)?\(target.query)"
            ),
            Attribute("server.address", "\(callee.name).neo.svc.cluster.local"),
            Attribute("server.port", 8_080),
            Attribute("network.protocol.version", "1.1"),
            Attribute("network.peer.address", Self.address(of: target.service)),
            Attribute("thread.id", 140_000 + self.random.below(64)),
        ]
        if resends > 0 { attributes.append(Attribute("http.request.resend_count", resends)) }
        let client = self.open(operation.method, .client, service: caller, scope: .http, attributes)
        self.spend(median: 0.3e6)
        let failure = self.serve(target, for: caller, spans: spans - 1, depth: depth + 1)
        self.spend(median: 0.3e6)
        self.add(Attribute("http.response.status_code", Self.statusCode(failure)), to: client)
        self.close(client, failure)
        return failure
    }

    /// A request served: a SERVER span and the calls it needs.
    ///
    /// Makes so many spans, one at least, and tells why the request failed. Without a caller it comes from outside.
    mutating func serve(_ target: Target, for caller: Int? = nil, spans: Int, depth: Int) -> Failure? {
        let service = self.fleet.services[target.service]
        let operation = service.operations[target.operation]
        let server = self.open(
            operation.name,
            .server,
            service: target.service,
            scope: .http,
            [
                Attribute("http.request.method", operation.method),
                Attribute("http.route", operation.route),
                Attribute("url.path", target.path),
                Attribute("url.query", target.query),
                Attribute("server.address", "\(service.name).neo.svc.cluster.local"),
                Attribute(
                    "client.address",
                    caller.map { Self.address(of: $0) } ?? "203.0.113.\(self.random.below(250))"
                ),
                Attribute("user_agent.original", "python-httpx/0.28.1 (neo-clone/2.3)"),
            ]
        )
        self.spend(median: operation.medianNanoseconds / 2)
        let inner = self.calls(from: target.service, spans: spans - 1, depth: depth, for: operation)
        self.spend(median: operation.medianNanoseconds / 2)
        let own = self.drawFailure(from: Vocabulary.statusFailures)
        let failure = own ?? inner.map { _ in Vocabulary.statusFailures[0] }
        self.add(Attribute("http.response.status_code", Self.statusCode(failure)), to: server)
        self.close(server, failure, raised: own != nil)
        self.trace.measurements.append(
            .request(
                service: target.service,
                operation: target.operation,
                nanoseconds: self.duration(of: server),
                failed: failure != nil
            )
        )
        return failure
    }

    /// One statement to the service's database.
    mutating func query(_ query: DatabaseQuery, from service: Int) -> Failure? {
        let name = self.fleet.services[service].name
        let span = self.open(
            query.verb + " " + query.table,
            .client,
            service: service,
            scope: .database,
            [
                Attribute("db.system.name", "postgresql"),
                Attribute("db.namespace", name),
                Attribute("db.operation.name", query.verb),
                Attribute("db.collection.name", query.table),
                Attribute("db.query.text", query.text),
                Attribute("server.address", "postgres-0.postgres.neo.svc.cluster.local"),
                Attribute("server.port", 5_432),
                Attribute("db.response.returned_rows", self.random.below(200)),
            ]
        )
        self.spend(median: query.medianNanoseconds, spread: 0.7)
        let failure = self.drawFailure(from: Vocabulary.failures)
        self.close(span, failure, raised: true)
        return failure
    }

    /// The route with a number in place of its parameter.
    private mutating func path(of operation: Operation) -> String {
        operation.route.hasSuffix("{id}")
            ? operation.route.dropLast(4) + String(10_000_000 + self.random.below(90_000_000))
            : operation.route
    }

    /// Each service has one process, and so one address.
    private static func address(of service: Int) -> String { "10.42.\(service / 250).\(service % 250)" }

    /// A query string, some 48 bytes.
    private mutating func queryString() -> String {
        "tenant=t-\(1_000 + self.random.below(100))&page_size=\(10 * self.random.within(1...10))&fields=id,owner,state"
    }

    private static func statusCode(_ failure: Failure?) -> Int {
        failure.map { Int($0.type) ?? 500 } ?? 200
    }
}
