import Testing

extension ProcessTests {
    /// Backups of running nodes, and nodes restored from them.
    @Suite
    struct Backup {
        let driver = Driver(name: "backup")

        @Test
        func `what was acknowledged before a backup under load is restored, once`() async throws {
            try await self.driver.play("under_load")
        }

        @Test
        func `kill -9 during a backup leaves none`() async throws {
            try await self.driver.play("killed")
        }

        @Test
        func `damaged backups and folders that are taken are refused`() async throws {
            try await self.driver.play("refused")
        }

        @Test
        func `a later backup links what is the same, and an interrupted restore is begun again`() async throws
        {
            try await self.driver.play("again")
        }

        @Test(.needsMounts)
        func `another file system gets copies, and a full one is refused and left clean`() async throws {
            try await self.driver.play("other_disk")
        }

        @Test
        func `a collector comes back under its own certificate, with a higher boot epoch`() async throws {
            try await self.driver.play("collector")
        }
    }
}
