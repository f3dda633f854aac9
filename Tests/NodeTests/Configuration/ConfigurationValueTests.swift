import Testing

@testable import Node

@Suite struct ConfigurationValueTests {
    @Test(
        arguments: [
            ("0", 0), ("1048576", 1_048_576), ("20MiB", 20 << 20), ("512 KiB", 512 << 10),
            ("1.5GiB", 3 << 29),
            ("2TiB", 2 << 40), ("10k", 10 << 10), ("5M", 5 << 20), ("1kb", 1000), ("2MB", 2_000_000),
            (" 7b ", 7),
        ] as [(String, UInt64)]
    )
    func `sizes`(text: String, bytes: UInt64) {
        #expect(ConfigurationValue.bytes(text) == bytes)
    }

    @Test(arguments: [
        "", "MiB", "-1", "1x", "1 2", "1MiBs", "99999999999TiB", "1e3", "0x10", "١", "..", "NaN", "inf",
    ])
    func `rubbish is no size`(text: String) {
        #expect(ConfigurationValue.bytes(text) == nil)
    }

    @Test(arguments: [
        ("10ms", 0.01), ("90", 90), ("5m", 300), ("1.5h", 5400), ("7d", 604_800), ("2 s", 2), ("0", 0),
    ])
    func `durations`(text: String, seconds: Double) {
        #expect(ConfigurationValue.seconds(text) == seconds)
    }

    @Test(arguments: ["", "s", "-1s", "1w", "1h30m", "one", "1s s"])
    func `rubbish is no duration`(text: String) {
        #expect(ConfigurationValue.seconds(text) == nil)
    }

    @Test(
        arguments: [
            ("true", true), ("Yes", true), ("ON", true), ("1", true), ("false", false), ("no", false),
            ("off", false),
            ("0", false), ("", nil), ("2", nil), ("truee", nil),
        ] as [(String, Bool?)]
    )
    func `flags`(text: String, flag: Bool?) {
        #expect(ConfigurationValue.flag(text) == flag)
    }

    @Test(arguments: [
        ("127.0.0.1:8900", "127.0.0.1", 8900), ("[::1]:0", "::1", 0), ("localhost:65535", "localhost", 65535),
    ])
    func `addresses`(text: String, host: String, port: Int) throws {
        let address = try #require(ConfigurationValue.address(text))
        #expect(address.host == host && address.port == port)
    }

    @Test(arguments: [
        "", ":", ":80", "host", "host:", "host:65536", "host:-1", "host:x", "[]:80", "host: 80", "host:+80",
    ])
    func `rubbish is no address`(text: String) {
        #expect(ConfigurationValue.address(text) == nil)
    }

    @Test func `lists`() {
        #expect(ConfigurationValue.list(" a, b ,,c\t") == ["a", "b", "c"])
        #expect(ConfigurationValue.list("").isEmpty)
    }
}
