internal import HostSensors
internal import OTLPTransport
internal import Telemetry
internal import WebServer

/// What processes of every role say about themselves in the same words.
enum CommonStatus {
    /// Whether the OTLP doors take telemetry, and whether the process was asked to end.
    static func components(_ server: OTLPServer, _ ending: EndingService) -> [ComponentHealth] {
        [
            ComponentHealth(
                "otlp",
                server.isListening ? .healthy : .unhealthy,
                detail: server.isListening ? "" : "a door is closed",
                isNeededForReadiness: true
            ),
            ComponentHealth(
                "process",
                ending.isEnding ? .unhealthy : .healthy,
                detail: ending.isEnding ? "it was asked to end" : "",
                isNeededForReadiness: true
            ),
        ]
    }

    /// The process, the services that it counted, and its host, behind families of its own.
    static func families(
        after own: [MetricFamily],
        version: String,
        totals: RunningTotals,
        sensors: SensorService?
    ) -> [MetricFamily] {
        var families = own + ProcessMetrics.families(version: version)
        families.append(
            OwnMetrics.one(
                "neoscope_exposition_hidden_values_total",
                "Values of series beyond those that this page has room for.",
                .counter,
                Double(totals.hiddenCount)
            )
        )
        let host = sensors?.latest.map { NodeExposition.families(of: $0) } ?? []
        families += SeriesExposition.families(
            totals.services,
            reserved: Set((families + host).map(\.name))
        )
        return families + host
    }
}
