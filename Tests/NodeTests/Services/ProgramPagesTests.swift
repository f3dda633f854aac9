import Testing

@testable import Node

@Suite struct ProgramPagesTests {
    private let smaps = """
        5581c0000000-5581c0100000 r--p 00000000 fe:00 1234   /usr/bin/neoscope
        Size:               1024 kB
        Anonymous:             0 kB
        5581c0100000-5581c0200000 r-xp 00100000 fe:00 1234   /usr/bin/neoscope
        Anonymous:             0 kB
        5581c0200000-5581c0210000 r--p 00200000 fe:00 1234   /usr/bin/neoscope
        Anonymous:            64 kB
        5581c0210000-5581c0220000 rw-p 00210000 fe:00 1234   /usr/bin/neoscope
        Anonymous:             0 kB
        7f0000000000-7f0000010000 r--p 00000000 00:00 0
        Anonymous:             0 kB
        7f0000020000-7f0000030000 r--p 00000000 00:00 0      [vvar]
        Anonymous:             0 kB
        """

    @Test func `what files hold and nobody wrote to is given back, and nothing else`() {
        #expect(
            ProgramPagesService.cleanFileRanges(self.smaps) == [
                0x5581_c000_0000..<0x5581_c010_0000, 0x5581_c010_0000..<0x5581_c020_0000,
            ]
        )
    }

    @Test func `the process goes on afterwards`() {
        ProgramPagesService.release()
        #expect([3, 1, 2].sorted().map(String.init).joined() == "123")
    }

    @Test func `damaged lines are passed over`() {
        for text in [
            "", "\n\n", "x-y r--p 0 0 0 /a\nAnonymous: 0 kB", "1-2", "Anonymous: 0 kB",
            "9-1 r--p 0 0 0 /a\nAnonymous: 0 kB",
        ] {
            #expect(ProgramPagesService.cleanFileRanges(text).isEmpty)
        }
    }
}
