/// A language model that the synthetic agents ask.
struct Model: Sendable {
    var provider: String
    var name: String
    var responseName: String
    var server: String
    /// To the first chunk of an answer.
    var firstChunkMedianNanoseconds: Double
    /// For each output token after that.
    var tokenMedianNanoseconds: Double

    static let all = [
        Model(
            provider: "openai",
            name: "gpt-5",
            responseName: "gpt-5-2025-08-07",
            server: "api.openai.com",
            firstChunkMedianNanoseconds: 900e6,
            tokenMedianNanoseconds: 14e6
        ),
        Model(
            provider: "openai",
            name: "gpt-5-mini",
            responseName: "gpt-5-mini-2025-08-07",
            server: "api.openai.com",
            firstChunkMedianNanoseconds: 350e6,
            tokenMedianNanoseconds: 7e6
        ),
        Model(
            provider: "gcp.gemini",
            name: "gemini-2.5-pro",
            responseName: "gemini-2.5-pro",
            server: "generativelanguage.googleapis.com",
            firstChunkMedianNanoseconds: 1_100e6,
            tokenMedianNanoseconds: 11e6
        ),
        Model(
            provider: "mistral_ai",
            name: "mistral-large-latest",
            responseName: "mistral-large-2411",
            server: "api.mistral.ai",
            firstChunkMedianNanoseconds: 420e6,
            tokenMedianNanoseconds: 18e6
        ),
        Model(
            provider: "deepseek",
            name: "deepseek-chat",
            responseName: "deepseek-chat",
            server: "api.deepseek.com",
            firstChunkMedianNanoseconds: 600e6,
            tokenMedianNanoseconds: 20e6
        ),
    ]
}
