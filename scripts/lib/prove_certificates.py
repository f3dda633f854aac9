"""Certificates that are renewed, and one that is revoked, while agents stream: run by scripts/prove.

    PROGRAM=… python3 scripts/lib/prove_certificates.py [--seconds S] [--rate R] [--seed N]

A collector's, agents' and the operator's certificate are renewed where they lie, under load; then two agents that
stream too are revoked. Counted afterwards: what was acknowledged, read from every node; what a revoked agent alone
still holds; and all of it again after that agent was given a new certificate. Prints one JSON object, with progress
on standard error; exits 1 where a promise is broken. PROGRAM names the binary.
"""

import argparse
import contextlib
import json
import pathlib
import socket
import ssl
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from accounting import Load, check_all, is_broken, refusals, sent_by, totals, wait_for_spools  # noqa: E402
from cluster import say  # noqa: E402
from connections import between_peers  # noqa: E402
from prove_cluster import running  # noqa: E402

# Revoked under load. The second is renewed before: its connections stand under the older certificate, which is valid
# still, and must end as well.
LEAVERS = ["agent-3", "agent-4"]
RENEWED = ["node-2", "agent-1", LEAVERS[1]]
# Issue 3: revoking a peer ends its connections within 5 s.
ENDED_SECONDS_MAX = 5.0
PICKED_UP_SECONDS_MAX = 10.0


def seconds_until(condition, limit, every=0.02):
    """Seconds until the answer is true; None where it was not within the limit."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        if condition():
            return round(time.monotonic() - began, 3)
        time.sleep(every)
    return None


def shown_certificate(cluster, address):
    """The certificate that a new connection is shown, as PEM."""
    facts = cluster.facts
    context = ssl.create_default_context(cafile=facts["ca"])
    context.load_cert_chain(facts["operator_certificate"], facts["operator_key"])
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname=host) as secure:
            return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True)).split()


def renew(cluster, entry):
    """Renews a process's certificate where it lies; gives the seconds until all its doors show it, None for never."""
    cluster.pki("renew", cluster.role(entry), entry["name"])
    new = pathlib.Path(entry["certificate"]).read_text().split()
    doors = [entry["api"].split("://")[1]] + ([entry["peer"]] if entry["peer"] else [])
    taken = seconds_until(lambda: all(shown_certificate(cluster, door) == new for door in doors), PICKED_UP_SECONDS_MAX)
    say(f"{entry['name']} shows its new certificate after {taken} s")
    return taken


def renew_operator(cluster):
    """Renews the operator's certificate; whether a command is answered by every node with the new one."""
    cluster.pki("renew", "operator", "local")
    for node in cluster.facts["nodes"]:
        json.loads(cluster.command("services", *cluster.as_operator(node), "--output", "json"))
    say("the operator's new certificate is answered by every node")
    return len(cluster.facts["nodes"])


def counters(cluster):
    """What processes count of connections, refusals and resent frames."""
    result = {}
    for entry in cluster.processes():
        names = {"refused_handshakes": "neoscope_tls_refused_handshakes_total"}
        if cluster.role(entry) == "collector":
            names |= {"peer_connections": "neoscope_peer_connections", "rejections": "neoscope_peer_rejections_total"}
        else:
            names |= {"connections": "neoscope_courier_connections",
                      "resent_frames": "neoscope_courier_resent_frames_total"}
        result[entry["name"]] = {key: int(cluster.metric(entry, name)) for key, name in names.items()}
    return result


def rotate(cluster, wait):
    """Renews certificates under load; gives what was picked up when, and which connections were dropped by it."""
    wait(0.15)
    before, counted = between_peers(cluster), counters(cluster)
    say(f"connections to peer ports: {sizes(before)}")
    renewed = {name: renew(cluster, cluster.entry(name)) for name in RENEWED}
    answered = renew_operator(cluster)
    wait(0.4)
    after = between_peers(cluster)
    dropped = gone(before, after)
    return {
        "picked_up_after_seconds": renewed,
        "operator_answered_by_nodes": answered,
        "connections_before": sizes(before),
        "connections_after": sizes(after),
        "connections_dropped": dropped,
        "counters_before": counted,
        "counters_after": counters(cluster),
        "broken": bool(dropped) or None in renewed.values(),
    }


def sizes(connections):
    return {name: len(links) for name, links in connections.items()}


def gone(before, after):
    """Per process, the connections that stood before and do no more."""
    return {name: sorted(links - after[name]) for name, links in before.items() if links - after[name]}


def revoke(cluster, name):
    """Revokes an agent that streams; gives when the connections that it had ended."""
    standing = between_peers(cluster)[name]
    began = time.monotonic()
    # All processes of this machine read the one list that this writes.
    cluster.pki("revoke", "agent", name)
    listed = time.monotonic() - began
    ended = seconds_until(lambda: not standing & between_peers(cluster)[name], 2 * ENDED_SECONDS_MAX)
    seconds = None if ended is None else round(listed + ended, 3)
    say(f"{len(standing)} connections of {name} ended after {seconds} s")
    return {"connections": len(standing), "ended_after_seconds": seconds}


def revoke_all(cluster, wait):
    """Revokes those who leave; gives when their connections ended, and whether they stay out and the others in."""
    wait(0.5)
    before = between_peers(cluster)
    revoked = {name: revoke(cluster, name) for name in LEAVERS}
    wait(0.8)
    dropped = {name: links for name, links in gone(before, between_peers(cluster)).items() if name not in LEAVERS}
    broken = bool(dropped)
    for name, answer in revoked.items():
        answer["connected_later"] = int(cluster.metric(cluster.entry(name), "neoscope_courier_connections"))
        is_in_time = answer["ended_after_seconds"] is not None and answer["ended_after_seconds"] <= ENDED_SECONDS_MAX
        broken = broken or not answer["connections"] or not is_in_time or answer["connected_later"] > 0
    return {**revoked, "connections_of_others_dropped": dropped, "broken": broken}


def held_spans(cluster, entry):
    """Spans that wait in an agent's spool for their confirmation."""
    return int(cluster.metric(entry, "neoscope_items_held", signal="spans", stage="spool"))


def account(cluster, loads):
    """Reads everything from every node while the revoked are out, and again after they came back."""
    others = [agent for agent in cluster.facts["agents"] if agent["name"] not in LEAVERS]
    drained = wait_for_spools(cluster, others)
    theirs = sent_by(load for name, load in loads.items() if name not in LEAVERS)
    say(f"reading {len(theirs):,} traces of agents that stay from every node")
    results = check_all(cluster, theirs)
    leavers = {name: account_revoked(cluster, cluster.entry(name), loads[name].traces()) for name in LEAVERS}
    return {
        "spools_empty_after_seconds": drained,
        "agents_that_stay": {**totals(theirs), "nodes": results},
        "agents_revoked": leavers,
        "broken": is_broken(results) or any(answer["broken"] for answer in leavers.values()),
    }


def account_revoked(cluster, agent, traces):
    """What nobody else has, a revoked agent holds; it delivers it once it has a new certificate."""
    held = held_spans(cluster, agent)
    say(f"{agent['name']} holds {held:,} spans; reading its {len(traces):,} traces from every node")
    missing = check_all(cluster, traces)
    is_accounted = all(0 < node["lost"] <= held for node in missing.values())
    say(f"{agent['name']} is given a new certificate")
    cluster.issue(agent)
    back = wait_for_spools(cluster, [agent])
    say(f"its spool is empty after {back} s; reading its traces again")
    delivered = check_all(cluster, traces)
    return {
        **totals(traces), "held_spans": held, "nodes_without_it": missing, "is_accounted": is_accounted,
        "spool_empty_after_seconds": back, "held_spans_afterwards": held_spans(cluster, agent),
        "nodes_with_it": delivered,
        "broken": is_broken(missing, but=["lost"]) or not is_accounted or is_broken(delivered),
    }


def run(seconds, rate, seed):
    """The whole story on a cluster of its own; gives the figures."""
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(running(settings=["storage.segment_bytes=16MiB"]))
        for name in LEAVERS:
            cluster.add_agent(name)
        agents = cluster.facts["agents"]
        say(f"{rate:,.0f} spans/s for {seconds:.0f} s through {len(agents)} agents")
        began = time.monotonic()
        loads = {agent["name"]: Load(cluster, agent, rate / len(agents), seconds, seed * 1000 + number * 100)
                 for number, agent in enumerate(agents)}
        for load in loads.values():
            stack.callback(load.end)

        def wait(share):
            time.sleep(max(0, began + share * seconds - time.monotonic()))

        rotation = rotate(cluster, wait)
        revocation = revoke_all(cluster, wait)
        under_load = all(load.process.poll() is None for load in loads.values())
        tallies = [load.finish() for load in loads.values()]
        accounts = account(cluster, loads)
        refused, unknown = refusals(tallies), totals(sent_by(loads.values()))["unknown"]
        broken = rotation["broken"] or revocation["broken"] or accounts["broken"]
        return {
            "load_seconds": seconds, "rate": rate, "seed": seed, "under_load_to_the_end": under_load,
            "refused": refused, "unknown": unknown, "latency_ms": [tally["latency_ms"] for tally in tallies],
            "rotation": rotation, "revocation": revocation, "spans": accounts,
            "broken": broken or bool(refused) or unknown > 0 or not under_load,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of load, at least 16")
    parser.add_argument("--rate", type=float, default=20000, help="spans per second over all agents")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.seconds < 16:
        parser.error("expected at least 16 seconds")
    report = run(arguments.seconds, arguments.rate, arguments.seed)
    print(json.dumps(report, indent=2))
    sys.exit(1 if report["broken"] else 0)


if __name__ == "__main__":
    main()
