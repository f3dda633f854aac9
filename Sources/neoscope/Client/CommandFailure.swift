/// Why a command ends without doing its work, and the exit code that says so.
struct CommandFailure: Error {
    var message: String
    var code: Int32

    /// Something went wrong while running, or is unhealthy.
    static func runtime(_ message: String) -> CommandFailure { CommandFailure(message: message, code: 1) }

    /// The command line or the configuration is not usable.
    static func usage(_ message: String) -> CommandFailure { CommandFailure(message: message, code: 2) }
}
