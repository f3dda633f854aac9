import Cluster
import DiskStorage
import Telemetry
import Testing
import WebServer

/// Holds `configs/openapi.yaml` against what a real server answers, over a port and over the Unix socket.
@Suite struct OpenAPITests {
    fileprivate struct Question {
        var path: String
        var query: String
        var method = "get"
        var template: String
        var status = 200
        var headers: [String: String] = [:]
        var isOnSocket = false
    }

    @Test func `every answer fits its schema, and every path is asked`() async throws {
        let file = try OpenAPIFile()
        try await TelemetryFixture.with { fixture async throws in
            var status = FakeStatus(fixture.store)
            status.shownHost = FakeStatus.sampledHost()
            status.shownComponents = [
                ComponentHealth("disk", .degraded, detail: "d", isNeededForReadiness: true)
            ]
            status.shownFamilies = [
                MetricFamily(
                    "neoscope_items_in_total",
                    help: "Items.",
                    kind: .counter,
                    readings: [MetricReading(1, labels: [MetricLabel("signal", "spans")])]
                )
            ]
            status.shownCluster = FakeCluster([.alive, .alive, .leaving, .suspect, .dead])
            let asked = try await LiveServer.with(fixture.store, status) { server in
                try await Self.ask(Self.questions(fixture), server, file)
            }
            #expect(asked == file.operations)
        }
    }

    @Test func `an empty store and a sick process fit too`() async throws {
        let file = try OpenAPIFile()
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            var status = FakeStatus(fixture.store)
            status.shownComponents = [
                ComponentHealth("disk", .unhealthy, detail: "full", isNeededForReadiness: true)
            ]
            let questions =
                ["traces", "services", "logs", "metrics", "metrics/latest", "report", "health", "node"].map {
                    Question(path: "/api/v1/\($0)", query: "", template: "/api/v1/\($0)")
                }
                + ["/readyz", "/-/ready", "/healthz"].map {
                    Question(path: $0, query: "", template: $0, status: 503)
                }
                + [Question(path: "/healthz", query: "verbose", template: "/healthz", status: 503)]
                + ["/api/v1/cluster", "/api/v1/cluster/members"].map {
                    Question(path: $0, query: "", template: $0, status: 404)
                }
            _ = try await LiveServer.with(fixture.store, status) { server in
                try await Self.ask(questions, server, file)
            }
        }
    }

    @Test func `a host that is not this machine's is refused on a port and unknown on a socket`() async throws
    {
        try await TelemetryFixture.with(isEmpty: true) { fixture async throws in
            try await LiveServer.with(fixture.store, FakeStatus(fixture.store)) { server in
                for path in ["/livez", "/metrics", "/api/v1/node", "/nowhere"] {
                    let answer = try await server.ask(path, headers: ["host": "evil.example:8900"])
                    #expect(answer.status == 403, "\(path)")
                }
                #expect(try await server.ask("/api/v1/node", onSocket: true).status == 200)
            }
        }
    }

    private static func questions(_ fixture: TelemetryFixture) -> [Question] {
        var list = QuestionList()
        self.askForTelemetry(fixture, &list)
        self.askForTheNode(fixture, &list)
        return list.questions
    }

    private static func askForTelemetry(_ fixture: TelemetryFixture, _ list: inout QuestionList) {
        let id = fixture.traces[0].hex
        list.add(
            "/api/v1/traces",
            [
                "", "limit=1", "errors=true", "service=\(fixture.services[0])",
                "min_duration=1ms&max_duration=1h",
                "from=2023-11-14T22:13:00Z&to=now", "tag=a:b", "attributes=%7B%22a%22:1%7D",
                "model=x&session=y",
            ]
        )
        list.add(
            "/api/v1/traces",
            ["limit=0", "from=x", "errors=maybe", "operation=x", "tag=x", "tags=x"],
            status: 400
        )
        for trace in fixture.traces { list.add("/api/v1/traces/{id}", path: "/api/v1/traces/\(trace.hex)") }
        list.add("/api/v1/traces/{id}", path: "/api/v1/traces/\(id)", ["format=seed", "format=otlp"])
        list.add("/api/v1/traces/{id}", path: "/api/v1/traces/\(id)", ["format=x"], status: 400)
        list.add("/api/v1/traces/{id}", path: "/api/v1/traces/1", status: 400)
        list.add("/api/v1/traces/{id}", path: "/api/v1/traces/00000000000000000000000000000001", status: 404)
        list.add("/api/v1/services")
        list.add(
            "/api/v1/services/{service}/operations",
            path: "/api/v1/services/\(fixture.services[0])/operations"
        )
        list.add("/api/v1/services/{service}/operations", path: "/api/v1/services/no%20body/operations")
        list.add(
            "/api/v1/logs",
            ["", "limit=10000", "min_severity=17", "trace=\(id)", "service=\(fixture.services[0])"]
        )
        list.add("/api/v1/logs", ["limit=0", "trace=1", "min_severity=x"], status: 400)
        list.add(
            "/api/v1/metrics",
            ["", "from=0&step=10s", "from=0&by=service.name", "from=0&by=", "name=x"]
        )
        list.add("/api/v1/metrics", ["from=2&to=1", "step=x", "from=0&by=nobody"], status: 400)
        list.add("/api/v1/metrics/latest", ["", "by=service.name", "by=", "name=x", "name=x&by=nobody"])
        list.add("/api/v1/metrics/latest", ["by=nobody"], status: 400)
        list.add(
            "/api/v1/report",
            ["format=html", "format=json&timeline=true", "from=1699999990&to=1700000050&timeline=1"]
        )
        list.add("/api/v1/report", ["format=xml", "timeline=maybe"], status: 400)
        for path in ["/api/v1/report", "/api/v1/health"] {
            list.add(
                path,
                ["", "from=1699999990&to=1700000050", "from=1699999990&to=1700000040", "from=0&to=0"]
            )
            list.add(path, ["from=tomorrow"], status: 400)
        }
    }

    private static func askForTheNode(_ fixture: TelemetryFixture, _ list: inout QuestionList) {
        let id = fixture.traces[0].hex
        list.add("/api/v1/node")
        list.add("/api/v1/cluster")
        list.add("/api/v1/cluster/members")
        let placement = "/api/v1/cluster/placement/{trace_id}"
        list.add(placement, path: "/api/v1/cluster/placement/\(id)")
        list.add(placement, path: "/api/v1/cluster/placement/1", status: 400)
        let verify = "/api/v1/cluster/verify"
        list.add(verify)
        list.add(verify, ["young=true"])
        list.add(verify, ["young=rather"], status: 400)
        for path in ["/api/v1/cluster/drain", "/api/v1/cluster/rejoin"] {
            list.add(path, ["node=node-1"], method: "post", isOnSocket: true)
            list.add(path, ["node=nobody"], status: 400, method: "post", isOnSocket: true)
            list.add(path, ["node=node-5"], status: 409, method: "post", isOnSocket: true)
        }
        list.add("/api/v1/cluster/drain", isOnSocket: true)
        list.add("/api/v1/cluster/forget", ["node=node-5"], method: "post", isOnSocket: true)
        list.add("/api/v1/cluster/forget", ["node=node-1"], status: 409, method: "post", isOnSocket: true)
        let parameters = "/api/v1/cluster/parameters"
        list.add(parameters)
        list.add(parameters, status: 405, method: "post")
        list.add(parameters, ["replication=3", "confirmations=1"], method: "post", isOnSocket: true)
        let senseless = ["", "replication=6", "replication=2&confirmations=3", "confirmations=x"]
        list.add(parameters, senseless, status: 400, method: "post", isOnSocket: true)
        list.add("/metrics")
        list.add("/metrics", headers: ["accept": "application/openmetrics-text"])
        for path in ["/livez", "/-/healthy", "/readyz", "/-/ready"] { list.add(path) }
        list.add("/healthz", ["", "verbose"])
        for path in ["/api/v1/services", "/metrics", "/livez", "/readyz", "/healthz"] {
            list.add(path, status: 403, headers: ["host": "evil.example"])
        }
        for path in ["/api/v1/seal", "/api/v1/merge", "/api/v1/scrub", "/api/v1/purge", "/api/v1/backup"] {
            list.add(path, status: 404, method: "post")
        }
        for path in ["/api/v1/seal", "/api/v1/merge", "/api/v1/scrub"] {
            list.add(path, method: "post", isOnSocket: true)
        }
        list.add(
            "/api/v1/purge",
            ["trace=\(id)", "before=1970-01-02T00:00:00Z"],
            method: "post",
            isOnSocket: true
        )
        list.add("/api/v1/purge", ["", "trace=1", "before=x"], status: 400, method: "post", isOnSocket: true)
        let folder = fixture.backupFolder
        list.add("/api/v1/backup", ["dir=\(folder)"], method: "post", isOnSocket: true)
        list.add(
            "/api/v1/backup",
            ["", "dir=relative", "dir=\(folder)", "dir=\(folder)-2&previous=/nowhere"],
            status: 400,
            method: "post",
            isOnSocket: true
        )
        list.add("/api/v1/backup", status: 404)
        list.add("/api/v1/backup", isOnSocket: true)
    }

    /// Asks each question and holds its answer against the file.
    private static func ask(
        _ questions: [Question],
        _ server: LiveServer,
        _ file: OpenAPIFile
    ) async throws -> Set<OpenAPIFile.Operation> {
        var asked: Set<OpenAPIFile.Operation> = []
        for question in questions {
            let path = question.path + (question.query.isEmpty ? "" : "?" + question.query)
            let answer = try await server.ask(
                path,
                method: question.method,
                onSocket: question.isOnSocket,
                headers: question.headers
            )
            #expect(answer.status == question.status, "\(path): \(answer.text.prefix(200))")
            let operation = OpenAPIFile.Operation(path: question.template, method: question.method)
            asked.insert(operation)
            let type = String(answer.type.prefix { $0 != ";" })
            let content = try #require(
                try file.content(of: operation, status: answer.status)?[type],
                "\(path): \(answer.status) \(type) is not documented"
            )
            guard type == "application/json", let schema = content["schema"] else { continue }
            let problems = try SchemaValidator(file: file).problems(try answer.json, schema)
            #expect(problems.isEmpty, "\(path): \(problems.prefix(5))")
        }
        return asked
    }
}

/// Questions as they are gathered.
private struct QuestionList {
    var questions: [OpenAPITests.Question] = []

    mutating func add(
        _ template: String,
        path: String? = nil,
        _ queries: [String] = [""],
        status: Int = 200,
        method: String = "get",
        headers: [String: String] = [:],
        isOnSocket: Bool = false
    ) {
        for query in queries {
            self.questions.append(
                OpenAPITests.Question(
                    path: path ?? template,
                    query: query,
                    method: method,
                    template: template,
                    status: status,
                    headers: headers,
                    isOnSocket: isOnSocket
                )
            )
        }
    }
}
