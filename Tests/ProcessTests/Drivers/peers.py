"""The peer protocol as Protocol.md lays it out, spoken by hand: greetings, frames and answers over TLS."""

import socket
import ssl
import struct
import time

HEADER_BYTES = 16
HELLO, WELCOME, REJECT, GOODBYE, PING, PONG, VIEW = 1, 2, 3, 4, 5, 6, 17
FRAME, OUTCOME, READ, PART, FAILURE = 32, 34, 48, 49, 50
CONTROL, DATA, REPLICA = 1, 2, 3


def text(value):
    return bytes([len(value)]) + value.encode()


def message(kind, body=b"", request=0):
    return struct.pack("<IBBHQ", len(body), kind, 0, 0, request) + body


def hello(cluster_id, role, name, purpose, versions=(1, 1), placement=(1, 2, 2)):
    record = b"\x00"
    if purpose == CONTROL:
        record = (b"\x01" + text(name) + b"\x01" + struct.pack("<Q", 7) + b"\x00" + b"\x00"
                  + text("127.0.0.1:1") + text("") + text(""))
    body = (struct.pack("<IHHB", 0x5250534E, *versions, purpose) + text(cluster_id) + text(role)
            + text(name) + struct.pack("<QQ", 5, 7) + b"\x01" + struct.pack("<H", 1) + bytes(placement)
            + struct.pack("<Q", time.time_ns()) + record)
    return message(HELLO, body)


def context(authority, certificate=None, key=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.load_verify_locations(authority)
    if certificate:
        made.load_cert_chain(certificate, key)
    return made


def dial(address, authority, certificate=None, key=None, seconds=10):
    """A connection on which TLS stands."""
    host, port = address.rsplit(":", 1)
    plain = socket.create_connection((host, int(port)), timeout=seconds)
    connection = context(authority, certificate, key).wrap_socket(plain)
    connection.settimeout(seconds)
    return connection


def next_message(connection):
    """Kind, request and body of the next message; None where the connection ends before."""
    try:
        head = _exactly(connection, HEADER_BYTES)
        length, kind, _, _, request = struct.unpack("<IBBHQ", head)
        return kind, request, _exactly(connection, length)
    except (OSError, EOFError):
        return None


def _exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data
