internal import Glibc
internal import Synchronization
internal import Telemetry
internal import Workload

/// Writes what became of every span, as it goes: a JSON line for each trace of each request.
///
/// `{"trace_id": "…", "spans": 10, "acknowledged": 10, "unknown": 0}`; unknown are spans of a request whose connection died
/// before its answer came. Several lines of one trace add up. Any thread may write.
final class LoadReport: Sendable {
    private let descriptor: Int32
    private let lock = Mutex(())

    /// Creates the file anew.
    init(path: String) throws {
        self.descriptor = unsafe open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o644)
        guard self.descriptor >= 0 else {
            throw CommandFailure.runtime("cannot write \(path): \(unsafe String(cString: strerror(errno)))")
        }
    }

    deinit { close(self.descriptor) }

    /// How a request ended.
    enum End: Sendable {
        case acknowledged
        case refused
        case unknown
    }

    /// Writes the lines of a request of spans; other requests have none.
    func write(_ batch: Batch, _ end: End) {
        guard batch.signal == .spans else { return }
        var text = ""
        for (trace, count) in Self.counts(batch) {
            let (acknowledged, unknown) =
                switch end {
                case .acknowledged: (count, 0)
                case .refused: (0, 0)
                case .unknown: (0, count)
                }
            text +=
                "{\"trace_id\":\"\(trace.hex)\",\"spans\":\(count),\"acknowledged\":\(acknowledged),"
                + "\"unknown\":\(unknown)}\n"
        }
        let bytes = Array(text.utf8)
        self.lock.withLock { _ in
            var done = 0
            while done < bytes.count {
                let written = unsafe bytes.withUnsafeBytes { buffer in
                    unsafe Glibc.write(
                        self.descriptor,
                        buffer.baseAddress.map { unsafe $0 + done },
                        buffer.count - done
                    )
                }
                guard written > 0 else { return }
                done += written
            }
        }
    }

    /// Spans by trace, in the order of the request.
    private static func counts(_ batch: Batch) -> [(TraceID, Int)] {
        var result = ScanResult()
        let scanner = Scanner(filter: AttributeFilter(contentKeys: []))
        guard (try? scanner.scanTraces(batch.bytes.raw, into: &result)) != nil else { return [] }
        var order: [TraceID] = []
        var counts: [TraceID: Int] = [:]
        for item in result.items where item.defect == nil {
            if counts[item.trace] == nil { order.append(item.trace) }
            counts[item.trace, default: 0] += 1
        }
        return order.map { ($0, counts[$0] ?? 0) }
    }
}
