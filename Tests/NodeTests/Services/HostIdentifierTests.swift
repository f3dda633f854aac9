import Foundation
import Testing

@testable import Node

@Suite struct HostIdentifierTests {
    private static let machine = "0123456789abcdef0123456789abcdef"

    @Test func `it is stable, spells 128 bits, and does not give the machine id away`() throws {
        let folder = try TemporaryFolder()
        try folder.write("etc/machine-id", Self.machine + "\n")
        let id = HostIdentifier.current(root: folder.url.path)
        #expect(id == HostIdentifier.current(root: folder.url.path + "/"))
        #expect(
            id.utf8.count == 32
                && id.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        )
        #expect(id != Self.machine && !id.contains(Self.machine.prefix(8)))
    }

    @Test func `another machine has another id`() throws {
        let (one, other) = (try TemporaryFolder(), try TemporaryFolder())
        try one.write("etc/machine-id", Self.machine)
        try other.write("etc/machine-id", String(Self.machine.reversed()))
        #expect(HostIdentifier.current(root: one.url.path) != HostIdentifier.current(root: other.url.path))
    }

    @Test func `the old place counts where the new one is empty, and the name where both are`() throws {
        let folder = try TemporaryFolder()
        try folder.write("etc/machine-id", "")
        let byName = HostIdentifier.current(root: folder.url.path)
        #expect(byName == HostIdentifier.current(root: "/nowhere/at/all"))
        try folder.write("var/lib/dbus/machine-id", Self.machine)
        let byMachine = HostIdentifier.current(root: folder.url.path)
        #expect(byMachine != byName)
        try folder.write("etc/machine-id", Self.machine + "\n")
        #expect(HostIdentifier.current(root: folder.url.path) == byMachine)
    }
}
