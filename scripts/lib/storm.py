"""Agents by the hundred that greet every node, lose their connections and come back at once; they send nothing."""

import concurrent.futures
import contextlib
import threading
import time

from greeting import greet

_WORKERS = 32
_WAIT_SECONDS = 20


class Crowd:
    """Agents with certificates of their own."""

    def __init__(self, cluster, count):
        self.cluster = cluster
        self.names = [f"guest-{number + 1}" for number in range(count)]
        self.connections = {}
        self.lock = threading.Lock()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda name: cluster.pki("issue", "agent", name), self.names))

    def storm(self, cluster_id, nodes):
        """All lose their connections and dial all of these nodes; the seconds until all are welcomed, None for never."""
        self.end()
        began = time.monotonic()
        calls = [(name, node) for name in self.names for node in nodes]
        with concurrent.futures.ThreadPoolExecutor(_WORKERS) as pool:
            welcomed = list(pool.map(lambda call: self._greet(cluster_id, *call, began + _WAIT_SECONDS), calls))
        return round(time.monotonic() - began, 2) if all(welcomed) else None

    def _greet(self, cluster_id, name, node, end):
        """Whether a node welcomes an agent, asked again until a moment."""
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                found = greet(self.cluster, cluster_id, name, node)
                if found:
                    with self.lock:
                        self.connections[name, node["name"]] = found[0]
                    return True
            time.sleep(0.2)
        return False

    def end(self):
        """All are gone, as when a switch loses power: nobody says goodbye."""
        with self.lock:
            for connection in self.connections.values():
                connection.close()
            self.connections = {}
