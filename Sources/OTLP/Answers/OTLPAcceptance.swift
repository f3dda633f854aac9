/// The answer to an export request that was taken, wholly or in part: an `Export…ServiceResponse`.
package struct OTLPAcceptance: Equatable, Sendable {
    package var signal: OTLPSignal
    /// How many spans, data points or log records were not taken.
    ///
    /// The client must not send them again.
    package var rejected: Int64
    /// Why, for people; with nothing rejected, a warning.
    package var message: String

    /// Makes an answer; with nothing rejected and no message it says that all is well.
    package init(_ signal: OTLPSignal, rejected: Int64 = 0, message: String = "") {
        self.signal = signal
        self.rejected = rejected
        self.message = message
    }

    /// The body of the answer.
    ///
    /// `partial_success` is left out when all is well, as the specification demands: the protobuf form is then empty.
    package func body(as encoding: OTLPEncoding) -> [UInt8] {
        switch encoding {
        case .protobuf: self.protobuf
        case .json: self.json
        }
    }

    private var isWhole: Bool { self.rejected == 0 && self.message.isEmpty }

    private var protobuf: [UInt8] {
        guard !self.isWhole else { return [] }
        var output = ProtobufBuffer()
        output.message(1) { partial in
            partial.integer(1, self.rejected)
            partial.text(2, self.message)
        }
        return output.bytes
    }

    private var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        if !self.isWhole {
            writer.key("partialSuccess")
            writer.beginObject()
            if self.rejected != 0 {
                writer.key(self.rejectedName)
                writer.quotedInteger(self.rejected)
            }
            if !self.message.isEmpty { writer.member("errorMessage", self.message) }
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }

    private var rejectedName: String {
        switch self.signal {
        case .traces: "rejectedSpans"
        case .metrics: "rejectedDataPoints"
        case .logs: "rejectedLogRecords"
        }
    }
}
