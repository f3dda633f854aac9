package import OTLPMessages

extension OTLPResource {
    /// The name of the service, never empty.
    ///
    /// `service.name` where it is a text; else what the SDK specification prescribes, `unknown_service:` and the
    /// name of the executable, or `unknown_service` alone.
    package var serviceName: String {
        if let name = self.text("service.name") { return name }
        return self.text("process.executable.name").map { "unknown_service:" + $0 } ?? "unknown_service"
    }

    private func text(_ key: String) -> String? {
        for attribute in self.attributes where attribute.key == key {
            if case .stringValue(let text) = attribute.value.value, !text.isEmpty { return text }
        }
        return nil
    }
}
