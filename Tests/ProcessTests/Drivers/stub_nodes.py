"""Nodes that are nothing but their HTTP API: they store, list and count what a test says."""

import collections
import contextlib
import http.server
import json
import threading
import urllib.parse

from cluster import Cluster

SERVICES = ("shop", "bank")


class StubNode:
    """What one node answers. `stored` has operations by trace id; all else is there to be wrong."""

    def __init__(self, stored):
        self.stored = {trace: list(operations) for trace, operations in stored.items()}
        self.duplicates = collections.Counter()
        self.refused = set()
        self.unlisted = {}
        self.is_complete = True
        self.counted = collections.Counter(one for operations in stored.values() for one in operations)
        self.missing = []
        # Added to what is counted, from so many questions on.
        self.late = (None, collections.Counter())
        self.asked = 0

    def answer(self, path, query):
        """Status and body."""
        if path == "/api/v1/metrics":
            return 200, self._metrics()
        if path == "/api/v1/traces":
            return 200, self._list(query)
        trace = path.rsplit("/", 1)[1]
        if trace in self.refused:
            return 500, {}
        if trace not in self.stored:
            return 404, {}
        spans = [{"service": service, "operation_name": name} for service, name in self.stored[trace]]
        return 200, {"span_count": len(spans), "duplicate_spans": self.duplicates[trace], "spans": spans}

    def _metrics(self):
        self.asked += 1
        counted = self.counted + (self.late[1] if self.late[0] and self.asked >= self.late[0] else collections.Counter())
        series = [{"labels": {"service.name": service, "span.name": name}, "points": [{"count": count}]}
                  for (service, name), count in counted.items()]
        return {"series": series, "missing_nodes": self.missing}

    def _list(self, query):
        """All there is, whatever range is asked for."""
        found = {**{trace: len(spans) for trace, spans in self.stored.items()}, **self.unlisted}
        hits = [{"trace_id": trace, "spans": spans} for trace, spans in sorted(found.items())]
        return {"traces": hits[:int(query["limit"][0])], "complete": self.is_complete, "missing_nodes": self.missing}


@contextlib.contextmanager
def serving(place, *nodes):
    """A cluster of these nodes, for whoever asks their APIs."""
    with contextlib.ExitStack() as stack:
        cluster = Cluster(place)
        cluster.facts = {"token": "", "ca": "", "nodes": [], "agents": []}
        for number, node in enumerate(nodes):
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(node))
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            cluster.facts["nodes"].append(
                {"name": f"node-{number + 1}", "api": f"http://127.0.0.1:{server.server_address[1]}"})
        yield cluster


def _handler(node):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body go as one, or the second would wait for an acknowledgement.
        wbufsize = 1 << 16

        def do_GET(self):  # noqa: N802, the library's name
            url = urllib.parse.urlsplit(self.path)
            status, body = node.answer(url.path, urllib.parse.parse_qs(url.query))
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    return Handler
