import Storage
import Testing

@testable import WebServer

@Suite struct JaegerTagsTests {
    private func tags(_ query: String) throws -> [String] {
        try JaegerTags.parse(RequestArguments(query: query)).map { "\($0.key)=\($0.value)" }
    }

    @Test func `values are compared by their text`() throws {
        let query =
            #"tags={"error":true,"http.status_code":200,"ratio":1.5,"text":"a b","zero":0,"one":1,"no":false}"#
        #expect(
            try self.tags(query) == [
                "error=true", "http.status_code=200", "no=false", "one=1", "ratio=1.5", "text=a b", "zero=0",
            ]
        )
    }

    @Test func `words may be repeated and hold colons`() throws {
        #expect(try self.tags("tag=url:http://a:80/&tag=b:&tag=:c") == ["url=http://a:80/", "b=", "=c"])
        #expect(try self.tags("attributes={\"a\":\"1\"}&tag=b:2") == ["a=1", "b=2"])
        #expect(try self.tags("query.attributes=%7B%22a%22:%221%22%7D") == ["a=1"])
        #expect(try self.tags("").isEmpty)
    }

    @Test(arguments: [
        "tags=x", "tags=[1]", #"tags={"a":{}}"#, #"tags={"a":[1]}"#, #"tags={"a":null}"#, "tags={", "tag=x",
    ])
    func `anything else is an error`(query: String) {
        #expect(throws: APIFailure.self) { try self.tags(query) }
    }
}
