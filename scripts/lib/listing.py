"""What a node says is stored altogether, to find what nobody sent."""

import datetime
import json
import time
import urllib.parse

from accounting import Reader

# The most traces that one answer has.
_TRACES_MAX = 1000
# So long before and behind the load clocks may be wrong.
_DAY = 86_400
# Traces are longer than what sent them.
_MARGIN = 60
_SLICE = 5
# A slice that is shorter is not cut in halves any more.
_LEAST = 0.001


class Unlisted(Exception):
    """A node does not tell all that is stored; for people."""


def strangers(cluster, node, known, since, living):
    """Traces that a node lists and nobody sent, with their spans.

    `since` is when the load began, by the wall clock; an answer may lack nodes that are not among the living.
    """
    reader, found = Reader(cluster, node), {}
    now = time.time()
    edges = [now - _DAY, since - _MARGIN]
    while edges[-1] < now + _MARGIN:
        edges.append(edges[-1] + _SLICE)
    edges.append(now + _DAY)
    for begin, end in zip(edges, edges[1:]):
        for trace, spans in _listed(reader, begin, end, living):
            if trace not in known:
                found[trace] = spans
    return found


def _listed(reader, begin, end, living):
    """Ids and spans of all traces between two moments; one that lies on an edge comes twice."""
    query = urllib.parse.urlencode({"from": _text(begin), "to": _text(end), "limit": _TRACES_MAX})
    status, body = reader.get(f"/api/v1/traces?{query}")
    if status != 200:
        raise Unlisted(f"traces are not listed: status {status} {body[:120]!r}")
    answer = json.loads(body)
    missing = set(answer["missing_nodes"])
    if missing & living:
        raise Unlisted(f"{', '.join(sorted(missing & living))} did not list its traces")
    # What lacks somebody is never complete, whoever that is.
    if (answer["complete"] or missing) and len(answer["traces"]) < _TRACES_MAX:
        return [(hit["trace_id"], hit["spans"]) for hit in answer["traces"]]
    if end - begin < _LEAST:
        raise Unlisted(f"more than {_TRACES_MAX} traces at {_text(begin)}")
    middle = (begin + end) / 2
    return [*_listed(reader, begin, middle, living), *_listed(reader, middle, end, living)]


def _text(moment):
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).isoformat(timespec="microseconds")
