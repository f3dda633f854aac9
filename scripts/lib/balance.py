"""Whether what clients sent is what every node gives back and counts: figures, and in words what does not hold."""

import concurrent.futures
import dataclasses

from accounting import read_all, refusals, sent_by, totals
from cluster import Failure, say
from counted import settled_since, totals_difference
from listing import Unlisted, strangers

# Of what a load was asked to send, so much is acknowledged at least.
_SHARE_LEAST = 0.5
_COUNTS = ("lost", "phantom", "duplicates")


@dataclasses.dataclass
class Balance:
    """The figures of one account; it holds where `failures` is empty."""

    figures: dict
    failures: list


def balance(cluster, nodes, traces, expect, since, may_be_unknown):
    """Reads all of these traces from these nodes, and compares with what they list and count.

    `traces` gives spans sent, acknowledged and unknown by trace id; `since` is when the load began, by the wall clock;
    `may_be_unknown` is whether somebody died whom clients were connected to.
    """
    sent = totals(traces)
    is_unknown = sent["unknown"] and not may_be_unknown
    failures = [f"{sent['unknown']} spans had no answer, though no agent died"] if is_unknown else []
    failures += [] if sent["acknowledged"] else ["nothing was acknowledged"]
    equal_since = settled_since(cluster, nodes, sent)
    answers = read_all(cluster, traces, nodes)
    foreign, unlisted = unsent(cluster, nodes, traces, since)
    results = {name: {**result, "phantom": result["phantom"] + sum(foreign[name].values())}
               for name, (result, _) in answers.items()}
    failures += judged(results, expect) + unlisted
    failures += [f"{name} has {len(ids)} traces that nobody sent: {', '.join(sorted(ids)[:3])}"
                 for name, ids in foreign.items() if ids]
    operations = {name: stored for name, (_, stored) in answers.items()}
    apart, _, words = totals_difference(cluster, nodes, operations, sent, equal_since)
    failures += words if apart > expect["totals_difference"] else []
    figures = {**sent, "read": min(result["read"] for result in results.values()),
               **{key: max(result[key] for result in results.values()) for key in _COUNTS}, "totals_difference": apart}
    return Balance(figures, failures)


def judged(results, expect):
    """What does not hold of what nodes gave back, by their names."""
    failures = [f"{name}: {key} {result[key]}, {expect[key]} expected" for name, result in results.items() for key in _COUNTS
                if result[key] > expect[key]]
    failures += [f"{name}: {result['unread']} traces could not be read"
                 for name, result in results.items() if result["unread"]]
    return failures + [example for result in results.values() for example in result["examples"]][:3]


def unsent(cluster, nodes, traces, since):
    """Per node, the traces that it lists and nobody sent; and which nodes list not all that they hold, in words."""
    found, failures, living = {}, [], {node["name"] for node in nodes}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        calls = {node["name"]: pool.submit(strangers, cluster, node, traces, since, living) for node in nodes}
        for name, call in calls.items():
            found[name] = {}
            try:
                found[name] = call.result()
            except (Unlisted, Failure, OSError, ValueError) as error:
                failures.append(f"{name}: {error}")
    say(f"listed by {', '.join(found)}: {sum(map(len, found.values()))} traces that nobody sent")
    return found, failures


def load_failures(loads, tallies):
    """What does not hold of the loads themselves: theirs is the account that all is judged by."""
    failures = []
    for load, tally in zip(loads, tallies):
        name, accepted = load.report.stem, tally["accepted"].get("spans", 0)
        acknowledged, asked = totals(sent_by([load]))["acknowledged"], load.rate * load.seconds
        if accepted != acknowledged:
            failures.append(f"{name}: {accepted} spans accepted, but {acknowledged} written down")
        if acknowledged < max(1, _SHARE_LEAST * asked):
            failures.append(f"{name}: {acknowledged} spans acknowledged of {asked:.0f} that were asked for")
    return failures


def load_notes(tallies):
    return [f"refused: {refusals(tallies)}"] if refusals(tallies) else []
