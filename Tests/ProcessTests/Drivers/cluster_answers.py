"""What a cluster says of itself: members, placement, and one report from any node."""

import json
import os
import signal
import time

from checks import expect, expect_that, run
from clustered import cluster
from node import Node, folder, run_program, wait_until
from otlp import identifiers, span, trace_request


def members():
    """Two collectors tell the same members and figures; a node that is killed is named as missing."""
    with folder() as place, cluster(place, nodes=2, agents=1) as (nodes, agents):
        source = identifiers(301)
        trace_id = source.randbytes(16)
        spans = [span(source, trace_id, f"work {number}") for number in range(5)]
        body = trace_request(spans, service="kept").SerializeToString()
        expect("the agent takes a trace", agents[0].post("/v1/traces", body)[0], 200)
        placed = lambda: _placement(nodes[0], trace_id)["holders"]
        expect("two nodes hold it", sorted(wait_until(lambda: len(placed()) == 2 and placed(), 20) or []), ["node-1", "node-2"])
        for node in nodes:
            _check_members(node, "host-1")
            placement = _placement(node, trace_id)
            expect(f"{node.name}: owners", sorted(placement["owners"]), ["node-1", "node-2"])
            expect(f"{node.name}: chunks", [one["chunks"] for one in placement["ranking"]], [1, 1])
            expect(f"{node.name}: nobody is missing", placement["missing_nodes"], [])
            table = node.command_line("cluster", "placement", trace_id.hex()).stdout.decode()
            expect_that(f"{node.name}: the table names both", "node-1" in table and "node-2" in table, table)
            summary = _json(node, "cluster")
            expect(f"{node.name}: partitions", summary["partitions"]["replicated"], 1024)
        wrong = nodes[0].command_line("cluster", "placement", "xyz")
        expect_that("no id: usage", wrong.returncode == 2 and b"32 hexadecimal digits" in wrong.stderr, wrong)
        _check_paused(nodes, trace_id)
        nodes[1].kill()
        silent = lambda: _json(nodes[0], "cluster")["missing_nodes"] == ["node-2"]
        expect_that("who was killed is named", wait_until(silent, 10), _json(nodes[0], "cluster"))
        expect("partitions of one node alone", _json(nodes[0], "cluster")["partitions"]["replicated"], 0)
        expect("a trace names who is missing", nodes[0].trace(trace_id.hex())["missing_nodes"], ["node-2"])
        status, body = nodes[0].get("/api/v1/traces/" + "0" * 31 + "1")
        expect_that("not found is not said while a node is silent", status == 503 and b"node-2" in body, (status, body))
        text = nodes[0].command_line("cluster").stdout.decode()
        expect_that("the screen says so", "no answer from node-2" in text, text)


def _check_paused(nodes, trace_id):
    """A node that stands still, its connections open, holds a read up until it is suspect and a second more."""
    nodes[1].process.send_signal(signal.SIGSTOP)
    try:
        asked = time.monotonic()
        answer = nodes[0].trace(trace_id.hex())
        seconds = time.monotonic() - asked
    finally:
        nodes[1].process.send_signal(signal.SIGCONT)
    expect("who stands still is named", answer["missing_nodes"], ["node-2"])
    expect("the trace is whole without it", answer["span_count"], 5)
    expect_that("it is not waited for ten seconds", seconds < 6, seconds)
    whole = lambda: not nodes[0].trace(trace_id.hex())["missing_nodes"]
    expect_that("it is asked again once it goes on", wait_until(whole, 20))


def report():
    """One report from any node: the hosts of all, the nodes, the operations, and one page that needs nothing else."""
    sensors = ["sensors.enabled=true", "sensors.interval=1s"]
    with folder() as place, cluster(place, nodes=2, agents=1, settings=sensors, agent_settings=sensors) as (nodes, agents):
        source, name = identifiers(302), "<script>alert('shop')</script>"
        now = time.time_ns()
        spans = [
            span(source, source.randbytes(16), name, start_time_unix_nano=now - number * 10**7, end_time_unix_nano=now)
            for number in range(1, 21)
        ]
        body = trace_request(spans, service=name).SerializeToString()
        expect("the agent takes spans", agents[0].post("/v1/traces", body)[0], 200)
        hosts = ["host-1.example", "node-1.example", "node-2.example"]

        def settled():
            answers = [_json(node, "report") for node in nodes]
            names = [[host["figures"]["name"] for host in answer["hosts"]] for answer in answers]
            counts = [answer["metrics"]["operation_count"]["total"] for answer in answers]
            return names == [hosts, hosts] and counts == [20, 20] and answers

        answers = wait_until(settled, 40, 0.5)
        if not expect_that("every node tells all hosts and all spans", answers, _json(nodes[0], "report")["hosts"]):
            return
        for node, answer in zip(nodes, answers):
            expect(f"{node.name}: nodes", [one["name"] for one in answer["cluster"]["members"]], ["node-1", "node-2"])
            expect(f"{node.name}: where", [one["node"] for one in answer["hosts"]], [None, "node-1", "node-2"])
            slow = answer["slowest_operations"][0]
            expect(f"{node.name}: slowest operation", (slow["service"], slow["operation"]), (name, name))
            expect(f"{node.name}: its example", slow["example"]["trace_id"], spans[-1].trace_id.hex())
            expect(f"{node.name}: nobody is missing", answer["missing_nodes"], [])
            figures = [(one["count"], one["p50_ms"], one["p99_ms"], one["total_ms"]) for one in answer["operations"]]
            others = [(one["count"], one["p50_ms"], one["p99_ms"], one["total_ms"]) for one in answers[0]["operations"]]
            expect(f"{node.name}: the same percentiles", figures, others)
            page = node.command_line("report", "--output", "html")
            text = page.stdout.decode()
            expect(f"{node.name}: page: exit code", (page.returncode, page.stderr), (0, b""))
            expect_that(f"{node.name}: page: hosts", all(host in text for host in hosts), text[:2000])
            expect_that(f"{node.name}: page: a name stays a name", "<script" not in text and "&lt;script&gt;" in text)
            expect_that(f"{node.name}: page: complete", text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>"))
            table = node.command_line("report").stdout.decode()
            expect_that(f"{node.name}: table", "Cluster" in table and "Hosts" in table and "Slowest operations" in table, table)
        # An agent gives memory back ten seconds after its start, and has to live on.
        old = lambda: _seconds_of_life(agents[0]) > 12
        expect_that("the agent lives on", wait_until(old, 20, 0.5) and agents[0].is_alive(), agents[0].log()[-1000:])
        expect("no such form: exit code", nodes[0].command_line("report", "--output", "pdf").returncode, 2)


def parameters():
    """An operator changes how many copies there are: on any node, for all, over restarts, for agents too."""
    with folder() as place, cluster(place, nodes=2, agents=1) as (nodes, agents):
        known = lambda node: _json(node, "cluster", "parameters")
        begun = {"version": 1, "partitions": 1024, "replication": 2, "confirmations": 2}
        expect("as configured", [known(node) for node in nodes], [begun, begun])
        refused = nodes[0].command_line("cluster", "parameters", "--replication", "1")
        expect_that("not on a port without TLS", refused.returncode == 1 and b"GET" in refused.stderr, refused)
        wrong = _change(nodes[0], "--confirmations", "3")
        expect_that("no sense", wrong.returncode == 2 and b"from 1 to replication" in wrong.stderr, wrong)
        changed = _change(nodes[0], "--replication", "1")
        expect_that("it is changed", b"1 copies of 1024" in changed.stdout or changed.returncode == 0, changed)
        holds = lambda node: known(node) == {**begun, "version": 2, "replication": 1, "confirmations": 1}
        for node in nodes:
            expect_that(f"{node.name} places by it", wait_until(lambda: holds(node), 5), known(node))
        nodes[1].kill()
        nodes[1].start()
        expect_that("also after a restart", wait_until(lambda: holds(nodes[1]), 10), known(nodes[1]))
        source = identifiers(303)
        trace_id = source.randbytes(16)
        body = trace_request([span(source, trace_id, "once")]).SerializeToString()
        expect("the agent takes a trace", agents[0].post("/v1/traces", body)[0], 200)
        holders = lambda: _placement(nodes[0], trace_id)["holders"]
        expect("one copy", len(wait_until(holders, 20) or []), 1)


def purge():
    """A purge reaches all nodes, and names those that it did not reach."""
    with folder() as place, cluster(place, nodes=3, agents=1) as (nodes, agents):
        source = identifiers(304)
        first, second = source.randbytes(16), source.randbytes(16)
        for trace_id in (first, second):
            spans = [span(source, trace_id, f"private {number}") for number in range(4)]
            expect("taken", agents[0].post("/v1/traces", trace_request(spans).SerializeToString())[0], 200)
            holders = lambda: len(_placement(nodes[0], trace_id)["holders"]) == 2
            expect_that("two nodes hold it", wait_until(holders, 20), _placement(nodes[0], trace_id))
        away = next(node for node in nodes if node.name not in _placement(nodes[0], first)["holders"])
        answer = json.loads(_administer(away, "purge", "--trace", first.hex(), "--output", "json").stdout)
        expect("both copies go, though neither is here", answer, {"purged_items": 8, "missing_nodes": []})
        for node in nodes:
            expect(f"{node.name} has it no more", node.trace(first.hex()), None)
            expect(f"{node.name} has the other one", node.trace(second.hex())["span_count"], 4)
        lost = next(node for node in nodes if node.name in _placement(nodes[0], second)["holders"])
        lost.kill()
        rest = [node for node in nodes if node is not lost]
        result = _administer(rest[0], "purge", "--trace", second.hex())
        said = b"4 items deleted" in result.stdout and f"no answer from {lost.name}".encode() in result.stdout
        expect_that("who did not answer is named", said, result)


def _administer(node, *arguments):
    return run_program(*arguments, "--endpoint", f"unix:{node.data}/admin.sock")


def _change(node, *arguments):
    return _administer(node, "cluster", "parameters", *arguments)


def alone():
    """A process that runs alone says that it has no cluster."""
    with folder() as place, Node(place + "/data") as node:
        for arguments in ([], ["members"], ["placement", "0" * 31 + "1"]):
            result = node.command_line("cluster", *arguments)
            said = b"has no cluster" in result.stderr and not result.stdout
            expect_that(f"cluster {arguments}: it is said", result.returncode == 1 and said, result)


def _seconds_of_life(node):
    with open(f"/proc/{node.process.pid}/stat", encoding="utf-8") as file:
        started = int(file.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
    with open("/proc/uptime", encoding="utf-8") as file:
        return float(file.read().split()[0]) - started


def _check_members(node, agent):
    answer = _json(node, "cluster", "members")
    expect(f"{node.name}: members", [one["name"] for one in answer["members"]], ["node-1", "node-2"])
    expect(f"{node.name}: itself", [one["name"] for one in answer["members"] if one["is_self"]], [node.name])
    hosts = [one["figures"] and one["figures"]["host_name"] for one in answer["members"]]
    expect(f"{node.name}: both say who they are", hosts, ["node-1.example", "node-2.example"])
    expect(f"{node.name}: shares", [one["share"] for one in answer["members"]], [1, 1])
    known = [(one["name"], one["connections"] > 0, one["items"] >= 5) for one in answer["agents"]]
    expect(f"{node.name}: agents", known, [(agent, True, True)])
    table = node.command_line("cluster", "members").stdout.decode()
    expect_that(f"{node.name}: a screen is wide enough", max(map(len, table.splitlines())) <= 120, table)


def _placement(node, trace_id):
    return _json(node, "cluster", "placement", trace_id.hex())


def _json(node, *arguments):
    result = node.command_line(*arguments, "--output", "json")
    if result.returncode != 0:
        raise RuntimeError(f"{arguments}: {result.stderr.decode()}")
    return json.loads(result.stdout)


SCENARIOS = {"members": members, "report": report, "parameters": parameters, "purge": purge, "alone": alone}

if __name__ == "__main__":
    run(SCENARIOS)
