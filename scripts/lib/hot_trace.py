"""Sends one trace of very many spans over OTLP/JSON, and writes down what became of them as `neoscope load` does.

    python3 scripts/lib/hot_trace.py ENDPOINT SPANS REPORT SEED
"""

import http.client
import json
import random
import subprocess
import sys
import time
import urllib.parse

_BATCH = 1000
# What is refused is sent again, so often at most.
_TIMES = 50
_ATTRIBUTES = [{"key": "service.name", "value": {"stringValue": "hot"}}]


class HotTrace:
    """The sender of one trace of very many spans, beside an agent; it is accounted for as a load is."""

    def __init__(self, cluster, agent, spans, seed, number):
        self.report = cluster.folder / f"hot-trace-{number}.jsonl"
        self.process = subprocess.Popen([*agent.get("prefix", []), sys.executable, __file__, agent["otlp_http"], str(spans),
                                         str(self.report), f"{seed}/{number}"])

    def finish(self):
        if self.process.wait(120) != 0:
            raise RuntimeError("the sender of the hot trace failed")

    def taken(self):
        """Spans sent, acknowledged and unknown; nothing before its end."""
        return json.loads(self.report.read_text(encoding="utf-8"))

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def spans(source, trace, count):
    """A request's body of so many spans."""
    now = time.time_ns()
    made = [{"traceId": trace, "spanId": f"{source.getrandbits(64):016x}", "name": f"step {number % 7}", "kind": 1,
             "startTimeUnixNano": str(now - 2_000_000), "endTimeUnixNano": str(now - 1_000_000)}
            for number in range(count)]
    group = {"resource": {"attributes": _ATTRIBUTES}, "scopeSpans": [{"scope": {"name": "chaos"}, "spans": made}]}
    return json.dumps({"resourceSpans": [group]}, separators=(",", ":"))


def post(connection, body):
    """How a request ended: acknowledged, refused or unknown."""
    for _ in range(_TIMES):
        try:
            connection.request("POST", "/v1/traces", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except ConnectionRefusedError:
            connection.close()
        except (OSError, http.client.HTTPException):
            connection.close()
            return "unknown"
        else:
            if answer.status == 200:
                return "acknowledged"
        time.sleep(0.2)
    return "refused"


def send(endpoint, total, report, seed):
    source = random.Random(f"hot/{seed}")
    trace = f"{source.getrandbits(128):032x}"
    url = urllib.parse.urlsplit(endpoint)
    ends = {"spans": 0, "acknowledged": 0, "unknown": 0, "refused": 0}
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    while ends["spans"] < total:
        count = min(_BATCH, total - ends["spans"])
        ends["spans"] += count
        ends[post(connection, spans(source, trace, count))] += count
    with open(report, "w", encoding="utf-8") as file:
        print(json.dumps({"trace_id": trace, **ends}), file=file)


if __name__ == "__main__":
    send(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
