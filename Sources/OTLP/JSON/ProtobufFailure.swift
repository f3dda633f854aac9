/// Why protobuf bytes could not be read as the message they were said to be.
package enum ProtobufFailure: Error, Equatable, Sendable {
    /// The bytes end within a value that starts here.
    case truncated(atByte: Int)
    /// A varint of more than ten bytes, or of more than 64 bits.
    case overlongInteger(atByte: Int)
    /// A tag with the field number 0, or with one above 2^29 - 1.
    case invalidTag(atByte: Int)
    /// A group, which proto3 does not have, or a wire type that does not exist.
    case unsupportedWireType(atByte: Int)
    /// More than 64 messages within each other.
    case tooDeep(atByte: Int)
}
