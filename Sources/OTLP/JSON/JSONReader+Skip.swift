extension JSONReader {
    /// Messages may be nested this deep; in a value that is skipped each object and array counts as one.
    static var depthMax: Int { 64 }

    /// Steps over a value of any kind, judging all of it.
    ///
    /// The depth says how many messages are open around it.
    mutating func skipValue(depth: Int) throws(JSONFailure) {
        // One bit for each open container, the innermost lowest: 1 is an object.
        var kinds: UInt64 = 0
        var open = 0
        while true {
            self.skipSpace()
            switch self.current {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard depth &+ open < Self.depthMax else { throw self.failure(.shallow) }
                let isObject = self.current == UInt8(ascii: "{")
                self.offset &+= 1
                self.skipSpace()
                if self.current == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    self.offset &+= 1
                    break
                }
                kinds = kinds &<< 1 | (isObject ? 1 : 0)
                open &+= 1
                if isObject {
                    guard self.current == UInt8(ascii: "\"") else { throw self.failure(.memberOrEnd) }
                    _ = try self.memberName()
                }
                continue
            case UInt8(ascii: "\""): _ = try self.string()
            case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try self.boolean()
            case UInt8(ascii: "n"): try self.literal("null", .value)
            default: _ = try self.decimal()
            }
            guard try self.skipToNextValue(&kinds, &open) else { return }
        }
    }

    /// Closes what ends here; false when the outermost value has ended.
    private mutating func skipToNextValue(
        _ kinds: inout UInt64,
        _ open: inout Int
    ) throws(JSONFailure) -> Bool {
        while open > 0 {
            let isObject = kinds & 1 == 1
            self.skipSpace()
            switch self.current {
            case UInt8(ascii: ","):
                self.offset &+= 1
                guard isObject else { return true }
                self.skipSpace()
                guard self.current == UInt8(ascii: "\"") else { throw self.failure(.member) }
                _ = try self.memberName()
                return true
            case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
                self.offset &+= 1
                kinds &>>= 1
                open &-= 1
            default:
                throw self.failure(isObject ? .commaOrObjectEnd : .commaOrArrayEnd)
            }
        }
        return false
    }
}
