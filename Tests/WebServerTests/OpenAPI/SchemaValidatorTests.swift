import Testing

/// The validator itself must be able to say no.
@Suite struct SchemaValidatorTests {
    private static let cases: [(schema: String, value: String, fits: Bool)] = [
        (#"{"type":"string"}"#, #""a""#, true), (#"{"type":"string"}"#, "1", false),
        (#"{"type":"integer"}"#, "1", true), (#"{"type":"integer"}"#, "1.5", false),
        (#"{"type":["number","null"]}"#, "null", true), (#"{"type":["number","null"]}"#, #""a""#, false),
        (#"{"enum":["a","b"]}"#, #""c""#, false), (#"{"pattern":"^[0-9]+$"}"#, #""12x""#, false),
        (#"{"format":"date-time","type":"string"}"#, #""soon""#, false), (#"{"minimum":0}"#, "-1", false),
        (#"{"maximum":1}"#, "2", false), (#"{"required":["a"]}"#, "{}", false),
        (#"{"additionalProperties":false,"properties":{"a":{}}}"#, #"{"b":1}"#, false),
        (#"{"additionalProperties":{"type":"string"}}"#, #"{"b":1}"#, false),
        (#"{"properties":{"a":{"type":"null"}}}"#, #"{"a":1}"#, false),
        (#"{"items":{"type":"number"}}"#, #"[1,"a"]"#, false),
        (#"{"items":{"type":"number"}}"#, "[1,2]", true),
        (#"{"oneOf":[{"type":"number"},{"type":"integer"}]}"#, "1", false),
        (#"{"oneOf":[{"type":"number"},{"type":"string"}]}"#, "1", true),
        (#"{"anyOf":[{"type":"number"},{"type":"integer"}]}"#, "1", true),
        (#"{"anyOf":[{"type":"number"},{"type":"integer"}]}"#, "null", false),
        (##"{"$ref":"#/components/schemas/State"}"##, #""healthy""#, true),
        (##"{"$ref":"#/components/schemas/State"}"##, #""fine""#, false),
    ]

    @Test(arguments: Self.cases)
    func `a value fits its schema or not`(schema: String, value: String, fits: Bool) throws {
        let validator = SchemaValidator(file: try OpenAPIFile())
        let problems = try validator.problems(
            try JSONValue.parse(value.utf8),
            try JSONValue.parse(schema.utf8)
        )
        #expect(problems.isEmpty == fits, "\(problems)")
    }

    @Test func `unknown keywords and lost references are errors of the file`() throws {
        let validator = SchemaValidator(file: try OpenAPIFile())
        for schema in [
            #"{"not":{}}"#, ##"{"$ref":"#/components/schemas/Nothing"}"##, #"{"$ref":"other.yaml"}"#,
        ] {
            #expect(throws: OpenAPIFile.Damage.self) {
                try validator.problems(.null, try JSONValue.parse(schema.utf8))
            }
        }
    }
}
