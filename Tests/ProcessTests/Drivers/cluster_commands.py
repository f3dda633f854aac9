"""The commands of a cluster: simulations of faults, and certificates."""

import json
import os

from checks import expect, expect_that, run
from node import folder, run_program


def simulate():
    """Every written scenario holds; the same seed plays the same run; what is wrong with a file is told."""
    place = os.path.join(os.path.dirname(__file__), "../../../cluster/scenarios")
    names = sorted(os.listdir(place))
    expect_that("there are scenarios", len(names) >= 6, names)
    for name in names:
        result = run_program("simulate", "--scenario", os.path.join(place, name))
        expect(f"{name}: exit code", (result.returncode, result.stderr), (0, b""))
    runs = [run_program("simulate", "--seed", "9", "--seconds", "120", "--output", "json") for _ in range(2)]
    traces = [json.loads(one.stdout.splitlines()[0])["trace"] for one in runs]
    expect("a seed plays the same run twice", traces[0], traces[1])
    steps = "steps: [{at: 5, heal: true}]"
    bad = {
        "crush": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, crush: 1}]\n",
        "expected one fault": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, crash: 1, heal: true}]\n",
        "numbered from 0 to 2": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, crash: 3}]\n",
        "behind quiet_at": "nodes: 3\nquiet_at: 4\n" + steps,
        "1 to 1000 nodes": "nodes: 0\nquiet_at: 9\n" + steps,
        "expected nodes": "just words",
    }
    with folder() as scratch:
        for words, text in bad.items():
            path = scratch + "/bad.yaml"
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            result = run_program("simulate", "--scenario", path)
            expect(f"{words}: exit code", result.returncode, 2)
            expect_that(f"{words}: it is told", words in result.stderr.decode(), result.stderr)
        expect("no file: exit code", run_program("simulate", "--scenario", scratch + "/none").returncode, 2)
    expect("no seconds: exit code", run_program("simulate", "--seconds", "5").returncode, 2)


def pki():
    """An authority, its certificates and its revocation list, by the command line."""
    with folder() as place:
        at = ["--dir", place + "/pki"]
        for code, arguments in [
            (1, ["show"]),
            (0, ["init"]),
            (1, ["init"]),
            (0, ["issue", "collector", "node-1", "--dns", "localhost", "--ip", "127.0.0.1"]),
            (1, ["issue", "collector", "node-1"]),
            (0, ["issue", "agent", "host-1", "--days", "10"]),
            (2, ["issue", "agent", "No_Name"]),
            (2, ["issue", "agent", "a", "--dns", "a,URI:neoscope://operator/me"]),
            (2, ["issue", "agent", "a", "--days", "0"]),
            (2, ["issue", "king", "a"]),
            (0, ["renew", "collector", "node-1", "--days", "90"]),
            (1, ["renew", "agent", "nobody"]),
            (0, ["revoke", "agent", "host-1"]),
            (1, ["revoke", "agent", "host-1"]),
            (0, ["issue", "agent", "host-1", "--days", "10"]),
        ]:
            result = run_program("pki", *arguments, *at)
            expect(f"pki {' '.join(arguments)}: exit code", result.returncode, code)
            expect_that(f"pki {' '.join(arguments)}: it says why", (code == 0) == (result.stderr == b""), result.stderr)
        shown = run_program("pki", "show", *at, "--output", "json")
        answer = json.loads(shown.stdout)
        expect("the list has counted", answer["revocation_list_number"], 2)
        lines = {(one["role"], one["id"], one["revoked"]): one for one in answer["certificates"] if one.get("role")}
        expect("who is there", sorted(lines), [("agent", "host-1", False), ("agent", "host-1", True), ("collector", "node-1", False)])
        expect("names", lines["collector", "node-1", False]["names"], ["localhost", "127.0.0.1"])
        table = run_program("pki", "show", *at)
        expect_that("the table names them", b"collector node-1" in table.stdout, table.stdout)
        expect_that("what ends soon is told", b"agent-host-1.crt ends in" in table.stderr, table.stderr)
        modes = [oct(os.stat(path).st_mode & 0o777) for path in (place + "/pki/ca.key", place + "/pki/issued/collector-node-1.key")]
        expect("keys are their owner's", modes, ["0o600", "0o600"])


SCENARIOS = {
    "simulate": simulate,
    "pki": pki,
}

if __name__ == "__main__":
    run(SCENARIOS)
