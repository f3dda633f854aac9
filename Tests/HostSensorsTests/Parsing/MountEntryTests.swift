import Testing

@testable import HostSensors

@Suite struct MountEntryTests {
    @Test func `optional fields may be many or none`() {
        let text = """
            21 0 8:1 / / rw,relatime shared:1 master:2 - ext4 /dev/sda1 rw,errors=remount-ro
            22 0 8:2 /sub /with\\040blank\\134 ro - xfs /dev/sd\\040b rw

            """
        let mounts = parse(text) { MountEntry.list(parsing: $0) }
        #expect(mounts.map(\.mountPoint) == ["/", "/with blank\\"])
        #expect(mounts.map(\.type) == ["ext4", "xfs"])
        #expect(mounts[1].root == "/sub")
        #expect(mounts[1].source == "/dev/sd b")
        #expect(mounts.map(\.isReadOnly) == [false, true])
        #expect(mounts[0].major == 8 && mounts[0].minor == 1)
    }

    @Test(arguments: [
        "", "21 0 8:1 / / rw", "21 0 8:1 / / rw shared:1", "21 0 8 / / rw - ext4 a rw", "21 0 8:1 / / rw -",
    ])
    func `a cut line is no mount`(text: String) {
        #expect(parse(text) { MountEntry.list(parsing: $0) }.isEmpty)
    }

    @Test func `a backslash without three octal digits stays one`() {
        let mounts = parse("1 0 8:1 / /a\\04 rw - ext4 b\\999 rw\n") { MountEntry.list(parsing: $0) }
        #expect(mounts.first?.mountPoint == "/a\\04")
        #expect(mounts.first?.source == "b\\999")
    }
}
