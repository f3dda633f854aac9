"""Whether the metrics of every node count what clients sent, and what is stored."""

import collections
import json
import time
import urllib.parse

from cluster import Failure

_SETTLED_SECONDS = 20
_ASKED_EVERY = 1.0
# What counts twice late does so within a few exchanges and a window's end.
_LATE_SECONDS = 12
_DAY = 86_400


def totals_of(cluster, node):
    """Spans counted by a node's aggregates, per service and operation; what nodes are missing from the answer."""
    now = time.time()
    query = urllib.parse.urlencode({"name": "traces.span.duration", "by": "service.name,span.name",
                                    "from": int(now - _DAY), "to": int(now + _DAY)})
    status, body = cluster.get(node, f"/api/v1/metrics?{query}", timeout=20)
    if status != 200:
        raise Failure(f"{node['name']} answered {status}: {body[:200]!r}")
    answer = json.loads(body)
    counts = collections.Counter()
    for series in answer["series"]:
        labels = series["labels"]
        counts[labels.get("service.name", ""), labels.get("span.name", "")] += sum(
            point["count"] for point in series["points"])
    return counts, answer["missing_nodes"]


def difference(counts, operations, sent):
    """By how much metrics differ from what clients sent, and per operation from what is stored.

    What an edge takes is counted and stored, so an answer that nobody heard leaves no room between the two; it does
    between them and what was sent. Without operations only the sums are compared.
    """
    total = sum(counts.values())
    outside = max(0, sent["acknowledged"] - total, total - sent["acknowledged"] - sent["unknown"])
    return outside if operations is None else max(outside, apart(counts, operations))


def apart(one, other):
    """Spans that one counts otherwise than another, over all operations."""
    return sum(abs(one[key] - other[key]) for key in set(one) | set(other))


def largest(one, other, count=3):
    """The operations that two count most differently, for people."""
    keys = sorted(set(one) | set(other), key=lambda key: (-abs(one[key] - other[key]), key))
    return ", ".join(f"{' '.join(key)}: {one[key]} for {other[key]}" for key in keys[:count] if one[key] != other[key])


def totals_difference(cluster, nodes, operations, sent, settled=None):
    """The largest difference, those of each node, and words about each, once they are the least.

    `operations` is what is stored by the answers of each node, or None; between each other nodes may not differ at all.
    What comes late has some seconds, and what counts twice late has more: the last question comes so much later than
    `settled`, or than the first answer without a difference. An answer that lacks one of these nodes tells nothing.
    """
    end = time.monotonic() + _SETTLED_SECONDS
    while True:
        differences, words = _differences(cluster, nodes, operations, sent)
        now = time.monotonic()
        if any(differences.values()):
            if now > end:
                return max(differences.values()), differences, words
            time.sleep(_ASKED_EVERY)
            continue
        settled = settled or now
        if now - settled >= _LATE_SECONDS:
            return 0, differences, words
        time.sleep(settled + _LATE_SECONDS - now)
        end = max(end, time.monotonic())


def settled_since(cluster, nodes, sent):
    """The moment from which all nodes count alike, and no more or less than was sent; None where they do not."""
    end = time.monotonic() + _SETTLED_SECONDS
    while time.monotonic() < end:
        if not any(_differences(cluster, nodes, None, sent)[0].values()):
            return time.monotonic()
        time.sleep(_ASKED_EVERY)
    return None


def _differences(cluster, nodes, operations, sent):
    living, differences, words, first = {node["name"] for node in nodes}, {}, [], None
    for node in nodes:
        name = node["name"]
        counts, missing = totals_of(cluster, node)
        if living & set(missing):
            differences[name] = sent["sent"]
            words.append(f"metrics of {name} lack {', '.join(sorted(living & set(missing)))}")
            continue
        first = first or (name, counts)
        stored = None if operations is None else operations[name]
        differences[name] = max(difference(counts, stored, sent), apart(counts, first[1]))
        if differences[name]:
            words.append(f"metrics of {name} differ by {differences[name]}: {sum(counts.values())} counted, "
                         f"{sent['acknowledged']} acknowledged, {sent['unknown']} unknown; "
                         f"for what is stored {largest(counts, stored if stored is not None else counts) or 'the same'}; "
                         f"for {first[0]} {largest(counts, first[1]) or 'the same'}")
    return differences, words
