/// The words from which names are made; lists that run out go on with numbers.
enum Vocabulary {
    /// The agent first; the others serve it and one another.
    static let services = [
        "neo-clone", "model-gateway", "memory-store", "tool-runner", "vector-index", "session-store",
        "skill-registry", "web-search", "file-service", "code-sandbox", "prompt-cache", "auth", "billing",
        "orders", "catalog", "recommendations", "notifications", "scheduler", "analytics", "inventory",
    ]

    static let nouns = [
        "memories", "documents", "sessions", "skills", "embeddings", "prompts", "files", "searches", "orders",
        "products", "users", "tokens", "invoices", "jobs", "reports", "messages", "images", "events",
        "quotas", "policies", "indexes", "snapshots", "reviews", "shipments",
    ]

    static let skills = [
        "web_search", "file_manager", "code_generation", "data_inspector", "text_analysis", "ml_training",
        "minimax_agent", "public_apis", "free_programming_books", "multi_skill_orchestrator",
    ]

    static let tools = [
        "search_web_content", "file_operations", "analyze_python_code", "process_csv_data", "extract_content",
        "generate_statistics", "logical_reasoning", "extract_dependencies", "chain_of_thought",
    ]

    static let failures = [
        Failure(type: "TimeoutError", message: "deadline of 30 s exceeded while waiting for a reply"),
        Failure(type: "ConnectionResetError", message: "connection reset by peer"),
        Failure(type: "ValueError", message: "unexpected end of JSON input at line 1 column 4096"),
        Failure(type: "PermissionError", message: "access to the resource was denied"),
    ]

    static let statusFailures = [
        Failure(type: "500", message: "Internal Server Error"),
        Failure(type: "502", message: "Bad Gateway"),
        Failure(type: "503", message: "Service Unavailable"),
        Failure(type: "504", message: "Gateway Timeout"),
    ]

    /// The word at an index; beyond the list the words come again with a number behind them.
    static func word(_ list: [String], _ index: Int, separator: String) -> String {
        guard !list.isEmpty, index >= 0 else { return "" }
        let round = index / list.count
        return round == 0 ? list[index] : list[index % list.count] + separator + String(round + 1)
    }
}
