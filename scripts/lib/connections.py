"""Which connections a process has, as the kernel tells them: nobody is asked, and nothing is disturbed."""

import os

_ESTABLISHED = "01"


def established(pid, ports):
    """Connections of a process to these remote ports on IPv4, each as its local and its remote port."""
    sockets = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            sockets.add(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            continue
    found = set()
    with open(f"/proc/{pid}/net/tcp", encoding="ascii") as table:
        next(table)
        for line in table:
            words = line.split()
            local, remote = (int(word.split(":")[1], 16) for word in words[1:3])
            if words[3] == _ESTABLISHED and remote in ports and f"socket:[{words[9]}]" in sockets:
                found.add((local, remote))
    return found


def between_peers(cluster):
    """Per process, its connections to the peer ports of the cluster's nodes."""
    ports = {int(node["peer"].rsplit(":", 1)[1]) for node in cluster.facts["nodes"]}
    return {entry["name"]: established(entry["pid"], ports) for entry in cluster.processes()}
