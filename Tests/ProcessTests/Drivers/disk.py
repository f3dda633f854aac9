"""Reads what a data directory really holds: raw bytes, and what its zstd frames decompress to."""

import os

import zstandard

MAGIC = b"\x28\xb5\x2f\xfd"


def files(path):
    """Every regular file below a folder, sorted."""
    found = (os.path.join(place, name) for place, _, names in os.walk(path) for name in names)
    return sorted(name for name in found if os.path.isfile(name))


def segments(path):
    return [name for name in files(path) if name.endswith(".seg")]


def contents(path):
    """All bytes of all files, and of everything that can be decompressed in them."""
    return b"\n".join(pieces(path))


def pieces(path):
    """The bytes of every file, and of each thing that can be decompressed in it."""
    for name in files(path):
        try:
            with open(name, "rb") as file:
                raw = file.read()
        except FileNotFoundError:  # a file that was replaced meanwhile
            continue
        yield raw
        yield from decompressed(raw)


def decompressed(raw):
    """What each zstd frame in the bytes holds; damaged ones are passed over."""
    place = raw.find(MAGIC)
    while place >= 0:
        try:
            yield zstandard.ZstdDecompressor().decompressobj().decompress(raw[place:])
        except zstandard.ZstdError:
            pass
        place = raw.find(MAGIC, place + 1)
