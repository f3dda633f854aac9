/// The instrumentation libraries that make the synthetic telemetry.
enum Scope: Int, CaseIterable, Sendable {
    case application
    case genAI
    case http
    case database

    var name: String {
        switch self {
        case .application: "neo_clone.brain"
        case .genAI: "opentelemetry.instrumentation.genai"
        case .http: "opentelemetry.instrumentation.httpx"
        case .database: "opentelemetry.instrumentation.asyncpg"
        }
    }

    var version: String {
        switch self {
        case .application: "2.3.0"
        case .genAI: "2.1b0"
        case .http, .database: "0.59b0"
        }
    }
}
