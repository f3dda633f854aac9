"""What a cluster of real processes repairs: damage on a disk, and purges that a node was away for."""

import glob
import json
import os

from checks import expect, expect_that, figure, run
from cluster_faults import Sent
from clustered import cluster, know_each_other
from node import folder, run_program, wait_until
from otlp import plain_trace

# Repair compares every half minute, and a node that came back is asked after its place is its own again.
SETTLED_SECONDS = 240


def scrubbed():
    """Bytes that turn on one node's disk: a scrub finds them, repair fetches what they held, nothing is missing."""
    with folder() as place, cluster(place, nodes=3) as (nodes, _):
        sent = Sent(501).post(nodes[0], 200)
        sent.check(nodes)
        expect("sealed", nodes[1].administer("/api/v1/seal")[0], 200)
        victims = sorted(glob.glob(nodes[1].data + "/segments/*.seg"), key=os.path.getsize)
        with open(victims[-1], "r+b") as file:
            size = os.path.getsize(victims[-1])
            # The first half, so that what follows the damage is read too.
            for at in range(size // 8, size // 2, max(size // 16, 1)):
                file.seek(at)
                byte = file.read(1)
                file.seek(at)
                file.write(bytes([byte[0] ^ 0x55]))
        result = run_program("scrub", "--output", "json", "--data-dir", nodes[1].data)
        expect("exit code", (result.returncode, result.stderr), (0, b""))
        found = json.loads(result.stdout)
        # The node's own slow cycle may have come by first.
        counted = nodes[1].total("neoscope_storage_scrub_damaged_frames_total")
        expect_that("a scrub finds it, and counts it", counted >= max(1, found["damaged_frames"]), (counted, found))
        expect("it could be mended", found["failures"], 0)
        for other in (nodes[0], nodes[2]):
            expect(f"{other.name} is sound", other.total("neoscope_storage_scrub_damaged_frames_total"), 0)
        expect_that("it is told", b"scrub" in nodes[1].get("/healthz?verbose")[1])
        _expect_clean(nodes)
        sent.check(nodes)
        figure("chunks damaged", found["damaged_chunks"])
        again = json.loads(nodes[1].administer("/api/v1/scrub")[1])
        expect("once found it is gone", again["damaged_frames"], 0)


def purged_away():
    """A trace that is purged while a node is away does not come back with it."""
    with folder() as place, cluster(place, nodes=3) as (nodes, _):
        sent = Sent(502).post(nodes[0], 40)
        purged = []
        for _ in range(10):
            trace_id, request = plain_trace(sent.source, 3)
            nodes[0].post("/v1/traces", request.SerializeToString())
            purged.append(trace_id.hex())
        sent.check(nodes)
        away = nodes[2]
        away.stop()
        for trace in purged:
            result = run_program("purge", "--trace", trace, "--data-dir", nodes[0].data)
            expect("exit code", result.returncode, 0)
        away.start()
        expect_that("all nodes are there", know_each_other(nodes))
        gone = lambda: all(node.trace(trace) is None for node in nodes for trace in purged)
        expect_that("it hears of the purges", wait_until(gone, SETTLED_SECONDS, 1.0))
        _expect_clean(nodes)
        expect_that("none came back", gone())
        sent.check(nodes)


def delivered():
    """What others took for a node that was away is delivered to it, and then dropped by them."""
    with folder() as place, cluster(place, nodes=3) as (nodes, _):
        nodes[2].kill()
        sent = Sent(505).post(nodes[0], 200)
        nodes[2].start()
        expect_that("all nodes are there", know_each_other(nodes))
        verify = lambda: nodes[0].get_json("/api/v1/cluster/verify?young=true")
        _expect_clean(nodes)
        first = verify()["foreign"]
        expect_that("others hold what is the node's", first, first)
        # Given away are minutes in which nothing is under way any more, where the view has stood for a while.
        expect_that("they drop it", wait_until(lambda: not verify()["foreign"], SETTLED_SECONDS, 2.0), verify())
        _expect_clean(nodes)
        sent.check(nodes)


def drained():
    """Two of four nodes are drained at once: neither may trust in the other's copies, and nothing goes with them."""
    with folder() as place, cluster(place, nodes=4) as (nodes, _):
        sent = Sent(503).post(nodes[0], 300)
        left, leavers = nodes[:2], nodes[2:]
        # Both say that they leave before either is asked how far it has come.
        for node in leavers:
            result = run_program("cluster", "drain", node.name, "--timeout", "0", "--data-dir", node.data)
            expect_that(f"{node.name} takes the order", result.returncode in (0, 1), result.stderr[-300:])
        for node in leavers:
            result = run_program("cluster", "drain", node.name, "--data-dir", node.data, seconds=SETTLED_SECONDS)
            expect_that(f"{node.name} is drained", result.returncode == 0, result.stderr[-300:])
        for node in leavers:
            node.stop()
        alive = lambda: all(node.get_json("/api/v1/cluster")["members"]["alive"] == 2 for node in left)
        expect_that("two are left", wait_until(alive, 30))
        sent.check(left)
        _expect_clean(left)


def stopped():
    """Two of four nodes are asked to end, one after the other: the second one waits until others hold what only it holds."""
    with folder() as place, cluster(place, nodes=4) as (nodes, _):
        sent = Sent(504).post(nodes[0], 300)
        left, leavers = nodes[:2], nodes[2:]
        for node in leavers:
            expect(f"{node.name} ends", node.stop(), 0)
        alive = lambda: all(node.get_json("/api/v1/cluster")["members"]["alive"] == 2 for node in left)
        expect_that("two are left", wait_until(alive, 30))
        sent.check(left)
        _expect_clean(left)
        # Nobody is there any more to wait for.
        for node in left:
            node.process.terminate()
        for node in left:
            expect(f"{node.name} ends", node.process.wait(20), 0)


def _expect_clean(nodes):
    """All owners of everything hold the same, once repair had its time."""
    answers = []

    def is_clean():
        answers.append(nodes[0].get_json("/api/v1/cluster/verify?young=true"))
        return answers[-1]["status"] == "clean"

    expect_that("cluster verify is clean", wait_until(is_clean, SETTLED_SECONDS, 1.0), str(answers[-1])[:600])


SCENARIOS = {
    "scrubbed": scrubbed,
    "purged_away": purged_away,
    "delivered": delivered,
    "drained": drained,
    "stopped": stopped,
}

if __name__ == "__main__":
    run(SCENARIOS)
