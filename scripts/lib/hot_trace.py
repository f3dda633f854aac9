"""Sends one trace of very many spans over OTLP/JSON, and writes down what became of them as `neoscope load` does.

    python3 scripts/lib/hot_trace.py ENDPOINT SPANS REPORT SEED
"""

import http.client
import json
import random
import sys
import time
import urllib.parse

_BATCH = 1000
_ATTRIBUTES = [{"key": "service.name", "value": {"stringValue": "hot"}}]


def spans(source, trace, count):
    """A request's body of so many spans."""
    now = time.time_ns()
    made = [{"traceId": trace, "spanId": f"{source.getrandbits(64):016x}", "name": f"step {number % 7}", "kind": 1,
             "startTimeUnixNano": str(now - 2_000_000), "endTimeUnixNano": str(now - 1_000_000)}
            for number in range(count)]
    group = {"resource": {"attributes": _ATTRIBUTES}, "scopeSpans": [{"scope": {"name": "chaos"}, "spans": made}]}
    return json.dumps({"resourceSpans": [group]}, separators=(",", ":"))


def send(endpoint, total, report, seed):
    source = random.Random(f"hot/{seed}")
    trace = f"{source.getrandbits(128):032x}"
    url = urllib.parse.urlsplit(endpoint)
    sent = acknowledged = unknown = 0
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    while sent < total:
        count = min(_BATCH, total - sent)
        body = spans(source, trace, count)
        sent += count
        try:
            connection.request("POST", "/v1/traces", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                acknowledged += count
            else:
                time.sleep(0.2)
        except (OSError, http.client.HTTPException):
            unknown += count
            connection.close()
            time.sleep(0.2)
    with open(report, "w", encoding="utf-8") as file:
        print(json.dumps({"trace_id": trace, "spans": sent, "acknowledged": acknowledged, "unknown": unknown}), file=file)


if __name__ == "__main__":
    send(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
