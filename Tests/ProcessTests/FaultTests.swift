import Testing

extension ProcessTests {
    /// Disks that are full, read-only or damaged, folders and ports that are taken.
    @Suite
    struct Faults {
        let driver = Driver(name: "faults")

        @Test
        func `a port that is taken is told, with exit code 1`() async throws {
            try await self.driver.play("port_taken")
        }

        @Test
        func `a data directory in use is told with the pid, and exit code 1`() async throws {
            try await self.driver.play("directory_in_use")
        }

        @Test
        func `a path that cannot be written is told, with exit code 1`() async throws {
            try await self.driver.play("unwritable_path")
        }

        @Test(.needsMounts)
        func `a read-only data directory is told, and nothing is lost`() async throws {
            try await self.driver.play("read_only")
        }

        @Test(.needsMounts)
        func `a full disk refuses with 503, loses nothing, and goes on once there is room`() async throws {
            try await self.driver.play("full_disk", seconds: 240)
        }

        @Test
        func `flipped bytes in a log lose the frames they hit and no other`() async throws {
            try await self.driver.play("flipped_log")
        }

        @Test
        func `a log cut anywhere keeps what was whole`() async throws {
            try await self.driver.play("torn_log")
        }

        @Test
        func `damaged index files are made again`() async throws {
            try await self.driver.play("damaged_index")
        }

        @Test
        func `flipped bytes in a sealed segment lose the frames they hit and no other`() async throws {
            try await self.driver.play("flipped_sealed_segment")
        }

        @Test
        func `foreign files do no harm and stay as they are`() async throws {
            try await self.driver.play("foreign_files")
        }

        @Test
        func `segments of rubbish are set aside`() async throws {
            try await self.driver.play("rubbish_segments")
        }

        @Test
        func `a format from the future stops the start and changes nothing`() async throws {
            try await self.driver.play("future_format")
        }
    }
}
