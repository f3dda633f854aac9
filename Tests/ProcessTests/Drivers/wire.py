"""Protobuf by hand, for requests that no library writes."""


def delimited(payload):
    """Bytes behind their length."""
    return varint(len(payload)) + payload


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
