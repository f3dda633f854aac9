import HTTPTypes
import Telemetry
import Testing

@testable import WebServer

@Suite struct RequestArgumentsTests {
    private static let now = ClusterTime(nanoseconds: 1_700_000_000_000_000_000)

    @Test func `texts are decoded as in a form`() {
        let arguments = RequestArguments(
            query: "service=order+service&operation=GET+%2Fa%2Bb&q%2Ename=x&flag&empty="
        )
        #expect(arguments.text("service") == "order service")
        #expect(arguments.text("operation") == "GET /a+b")
        #expect(arguments.text("q.name") == "x")
        #expect(arguments.text("flag") == nil)
        #expect(arguments.isPresent("flag") && arguments.isPresent("empty") && !arguments.isPresent("other"))
        #expect(arguments.text("empty") == nil)
        #expect(arguments.text("absent", "service") == "order service")
    }

    @Test(arguments: ["a=%", "a=%2", "a=%zz", "a=%ff%fe", "&&&", "=", "a=b=c", "a"])
    func `broken escapes are no crash`(query: String) {
        let arguments = RequestArguments(query: query)
        _ = arguments.text("a")
        if query == "a=%zz" { #expect(arguments.text("a") == "%zz") }
        if query == "a=b=c" { #expect(arguments.text("a") == "b=c") }
    }

    @Test func `repeated names are all there, the first counts`() throws {
        let arguments = RequestArguments(query: "tag=a:1&tag=b:2&limit=3&limit=4")
        #expect(arguments.texts("tag") == ["a:1", "b:2"])
        #expect(try arguments.count("limit", 1, in: 1...10) == 3)
    }

    @Test(arguments: [("true", true), ("1", true), ("false", false), ("0", false), ("", false)])
    func `flags`(text: String, value: Bool) throws {
        #expect(try RequestArguments(query: "f=\(text)").flag("f") == value)
    }

    @Test func `what cannot be read is an error that names it`() {
        func message(_ body: (RequestArguments) throws(APIFailure) -> Void, _ query: String) -> String? {
            do throws(APIFailure) {
                try body(RequestArguments(query: query))
                return nil
            } catch {
                #expect(error.status == .badRequest)
                return error.message
            }
        }
        let flag = message({ args throws(APIFailure) in _ = try args.flag("errors") }, "errors=yes")
        #expect(flag == "expected errors to be true or false, not \"yes\"")
        for text in ["0", "11", "x", "1.5", "99999999999999999999"] {
            let count = message(
                { args throws(APIFailure) in _ = try args.count("limit", 5, in: 1...10) },
                "limit=\(text)"
            )
            #expect(count == "expected limit to be a number from 1 to 10, not \"\(text)\"")
        }
        let duration = message({ args throws(APIFailure) in _ = try args.duration("a", "step") }, "step=5")
        #expect(duration == "expected step to be a duration such as 1.5s, not \"5\"")
        let time = message(
            { args throws(APIFailure) in _ = try args.time("from", now: Self.now) },
            "from=noon"
        )
        #expect(time?.hasPrefix("expected from to be an RFC 3339 time") == true)
        let range = message({ args throws(APIFailure) in _ = try args.range(now: Self.now) }, "from=10&to=9")
        #expect(range == "expected from to lie before to")
    }

    @Test func `a zone whose plus was not escaped is understood`() throws {
        let arguments = RequestArguments(
            query: "from=2023-11-15T03:43:20+05:30&to=2023-11-14T22:13:20%2B00:00"
        )
        let range = try arguments.range(now: Self.now)
        #expect(range.from == 1_700_000_000_000_000_000)
        #expect(range.to == 1_700_000_000_000_000_000)
    }
}
