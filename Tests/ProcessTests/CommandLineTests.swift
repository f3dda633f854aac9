import Testing

extension ProcessTests {
    /// The command line: help, exit codes, configuration, reports, completions and load.
    @Suite
    struct CommandLine {
        let driver = Driver(name: "command_line")

        @Test
        func `every command explains itself`() async throws {
            try await self.driver.play("help_everywhere")
        }

        @Test
        func `exit codes are 0 well, 1 failure, 2 usage`() async throws {
            try await self.driver.play("exit_codes", seconds: 240)
        }

        @Test
        func `health exits 1 when telemetry is refused`() async throws {
            try await self.driver.play("unhealthy")
        }

        @Test
        func `all errors of a configuration are told at once with the nearest keys`() async throws {
            try await self.driver.play("configuration_errors")
        }

        @Test
        func `arguments beat the environment, which beats the file`() async throws {
            try await self.driver.play("configuration_origin")
        }

        @Test
        func `report has every key of the shapes, always`() async throws {
            try await self.driver.play("report_shapes")
        }

        @Test
        func `completions can be read by the shell`() async throws {
            try await self.driver.play("completions")
        }

        @Test
        func `the data directory follows STATE_DIRECTORY and is the owner's alone`() async throws {
            try await self.driver.play("data_directory")
        }

        @Test
        func `a port that is taken is named`() async throws {
            try await self.driver.play("taken_port")
        }

        @Test
        func `load tells what was accepted over every protocol`() async throws {
            try await self.driver.play("load")
        }
    }
}
