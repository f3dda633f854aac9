"""What a cluster says of itself: members, placement, and one report from any node."""

import json

from checks import expect, expect_that, run
from cluster import cluster
from node import Node, folder, wait_until
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
        nodes[1].kill()
        silent = lambda: _json(nodes[0], "cluster")["missing_nodes"] == ["node-2"]
        expect_that("who was killed is named", wait_until(silent, 10), _json(nodes[0], "cluster"))
        expect("partitions of one node alone", _json(nodes[0], "cluster")["partitions"]["replicated"], 0)
        expect("a trace names who is missing", nodes[0].trace(trace_id.hex())["missing_nodes"], ["node-2"])
        status, body = nodes[0].get("/api/v1/traces/" + "0" * 31 + "1")
        expect_that("not found is not said while a node is silent", status == 503 and b"node-2" in body, (status, body))
        text = nodes[0].command_line("cluster").stdout.decode()
        expect_that("the screen says so", "no answer from node-2" in text, text)


def alone():
    """A process that runs alone says that it has no cluster."""
    with folder() as place, Node(place + "/data") as node:
        for arguments in ([], ["members"], ["placement", "0" * 31 + "1"]):
            result = node.command_line("cluster", *arguments)
            said = b"has no cluster" in result.stderr and not result.stdout
            expect_that(f"cluster {arguments}: it is said", result.returncode == 1 and said, result)


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


SCENARIOS = {"members": members, "alone": alone}

if __name__ == "__main__":
    run(SCENARIOS)
