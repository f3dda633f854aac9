import Testing

@testable import HostSensors

@Suite struct KernelFilesTests {
    private func text(_ bytes: Span<UInt8>) -> String { bytes.text }

    @Test func `a registered file is read anew each time`() {
        let tree = TemporaryTree()
        tree.write("a/b", "one")
        var files = KernelFiles(root: tree.root)
        let slot = files.register(["missing", "a/b"])
        #expect(files.read(slot, self.text) == "one")
        #expect(files.read(slot, self.text) == "one")
    }

    @Test func `a missing file is looked for again, but not each time`() {
        let tree = TemporaryTree()
        var files = KernelFiles(root: tree.root)
        let slot = files.register(["late"])
        #expect(files.read(slot, self.text) == nil)
        tree.write("late", "x")
        #expect(files.read(slot, self.text) == nil)
        var found = false
        for _ in 0..<40 where files.read(slot, self.text) == "x" { found = true }
        #expect(found)
    }

    @Test func `files longer than the buffer are read whole`() {
        let tree = TemporaryTree()
        let long = String(repeating: "0123456789", count: 10_000)
        tree.write("long", long)
        var files = KernelFiles(root: tree.root)
        #expect(files.read(path: "long", self.text) == long)
        #expect(files.read(path: "/long", isOneRecord: true, self.text) == long)
    }

    @Test func `empty files, directories and missing roots are nil`() {
        let tree = TemporaryTree()
        tree.write("d/empty", "")
        var files = KernelFiles(root: tree.root)
        #expect(files.read(path: "d/empty", self.text) == nil)
        #expect(files.read(path: "d", self.text) == nil)
        var nowhere = KernelFiles(root: tree.root + "/none")
        #expect(nowhere.read(path: "d/empty", self.text) == nil)
        #expect(nowhere.names(in: "/").isEmpty)
        #expect(nowhere.processIDs().isEmpty)
        let exists = nowhere.exists("d")
        #expect(!exists)
    }

    @Test func `process ids are the names that are numbers`() {
        let tree = TemporaryTree()
        for name in ["12", "3", "self", "1x", "99999999999"] { tree.write("proc/\(name)/stat", "x") }
        let files = KernelFiles(root: tree.root)
        #expect(files.processIDs() == [3, 12])
        #expect(files.names(in: "proc").count == 5)
    }
}
