internal import HTTPTypes
internal import Hummingbird
internal import OTLP
internal import Storage

/// Makes a backup of the node on its own host, and tells how far one has come.
struct BackupRoutes {
    let status: any NodeStatus

    func add(to router: some RouterMethods<APIContext>) {
        router.post("api/v1/backup") { request, _ in try await self.backUp(RequestArguments(request)) }
        router.get("api/v1/backup") { _, _ in self.progress() }
    }

    private func backUp(_ arguments: RequestArguments) async throws -> Response {
        guard let folder = arguments.text("dir") else {
            throw APIFailure(.badRequest, "expected the parameter dir, a folder on the node's host")
        }
        let outcome: BackupOutcome
        do {
            let order = BackupOrder(folder: folder, previous: arguments.text("previous"))
            outcome = try await self.status.backUp(order)
        } catch let refusal as BackupRefusal {
            throw APIFailure(Self.status(of: refusal.code), refusal.description)
        }
        var writer = JSONWriter()
        writer.object { body in
            body.member("dir", outcome.folder)
            body.member("files", outcome.files)
            body.member("bytes", Int(clamping: outcome.bytes))
            body.member("linked_files", outcome.linkedFiles)
            body.member("copied_bytes", Int(clamping: outcome.copiedBytes))
            body.member("cluster_time", Int(clamping: outcome.clusterTime))
            body.key("boot_epoch")
            if let epoch = outcome.bootEpoch { body.integer(epoch) } else { body.null() }
        }
        return .json(writer.bytes)
    }

    private func progress() -> Response {
        let progress = self.status.backupProgress
        var writer = JSONWriter()
        writer.object { body in
            body.member("is_running", progress != nil)
            body.member("bytes", Int(clamping: progress?.bytes ?? 0))
            body.member("bytes_done", Int(clamping: progress?.bytesDone ?? 0))
        }
        return .json(writer.bytes)
    }

    private static func status(of code: BackupRefusal.Code) -> HTTPResponse.Status {
        switch code {
        case .folder: .badRequest
        case .busy: .conflict
        case .diskFull: HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
        case .nothingHere: .notFound
        case .failed: .internalServerError
        }
    }
}
