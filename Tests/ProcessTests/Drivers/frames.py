"""Frames of slots by hand, as Format.md lays them out."""

import ctypes
import ctypes.util
import struct

from wire import delimited, varint

_xxhash = ctypes.CDLL(ctypes.util.find_library("xxhash"))


class _Hash128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


_xxhash.XXH3_64bits.restype = ctypes.c_uint64
_xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
_xxhash.XXH3_128bits.restype = _Hash128
_xxhash.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]

WINDOW = 10_000_000_000
SERVICE, HOST = 1, 2


def service_key(name):
    """Where slots of a service live."""
    data = b"s" + bytes(8) + name.encode()
    found = _xxhash.XXH3_128bits(data, len(data))
    return struct.pack(">QQ", found.high, found.low)


def counter(name, service, window, amount, subject=SERVICE):
    """A slot of ten seconds: a sum of whole units."""
    text = lambda value: delimited(value.encode())
    series = bytes([subject]) + text(service) + text(name) + text("1") + b"\x01" + varint(0)
    return b"\x01" + varint(window) + varint(0) + b"\x00" + series + b"\x01\x00" + varint(amount * 1_000_000_000 << 1)


def slots(run, sequence, created, key, items, window):
    """A frame of one chunk; `run` is two words."""
    chunk = varint(0) + varint(0) + varint(len(items)) + b"".join(delimited(item) for item in items)
    ends = (window * WINDOW) & (2**64 - 1), (window * WINDOW + WINDOW) & (2**64 - 1)
    entry = key + struct.pack("<IIQQIIHHHH", 0, len(chunk), *ends, len(items), 0, 0, 65535, 65535, 0)
    content = entry + struct.pack("<H", 0) + chunk
    checksum = _xxhash.XXH3_64bits(content, len(content))

    def header(own):
        return (
            struct.pack("<4sHBBII", b"NSFR", 1, 4, 0, 0, own)
            + struct.pack("<QQQQ", *run, sequence, created)
            + struct.pack("<IIIIII", len(items), 1, len(entry) + 2, len(chunk), len(chunk), 0)
            + struct.pack("<QIIQ", checksum, 0, 0, 0)
        )

    plain = header(0)
    frame = header(_xxhash.XXH3_64bits(plain, len(plain)) & 0xFFFFFFFF) + content
    return frame + bytes(-len(frame) % 8)
