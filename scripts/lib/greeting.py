"""What a node says of itself to a peer that greets it."""

import contextlib
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent.parent / "Tests/ProcessTests/Drivers"))
import peers  # noqa: E402


def greet(cluster, cluster_id, name, node):
    """A connection on which a node welcomed an agent, and its welcome; None where it did not."""
    stem = f"{cluster.folder}/pki/issued/agent-{name}"
    connection = peers.dial(node["peer"], cluster.facts["ca"], f"{stem}.crt", f"{stem}.key")
    connection.sendall(peers.hello(cluster_id, "agent", name, peers.DATA, placement=(1, 0, 0)))
    answer = peers.next_message(connection)
    if answer and answer[0] == peers.WELCOME:
        return connection, answer[2]
    connection.close()
    return None


def frame_format(cluster, cluster_id, name, node):
    """The newest frame format that a node says it reads and sends; None where it does not welcome an agent."""
    found = greet(cluster, cluster_id, name, node)
    if found is None:
        return None
    with contextlib.closing(found[0]):
        return _format_in(found[1])


def _format_in(welcome):
    """Behind version, cluster, role, name, run id and boot epoch, as Protocol.md lays it out."""
    place = 2
    for _ in range(3):
        place += 1 + welcome[place]
    place += 16
    while welcome[place] & 0x80:
        place += 1
    return int.from_bytes(welcome[place + 1:place + 3], "little")
