"""The commands of a cluster: simulations of faults, certificates, and tokens."""

import json
import os
import re

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
        "next node to join is 3": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, join: 4}]\n",
        "numbered from 0 to 3": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, join: 3}, {at: 6, wipe: 4}]\n",
        "slow_disk wants": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, slow_disk: [1, 0]}]\n",
        "replication of 2 to 5": "nodes: 3\nreplication: 9\nquiet_at: 9\n" + steps,
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


def tokens():
    """Tokens by the command line: a secret is shown once and kept nowhere, and what is wrong is told."""
    with folder() as place:
        at = ["--dir", place + "/pki"]
        early = run_program("token", "create", "ci", "--scope", "write", *at)
        expect("no folder: exit code", early.returncode, 1)
        expect_that("no folder: it says what to do", b"neoscope pki init" in early.stderr, early.stderr)
        expect("init: exit code", run_program("pki", "init", *at).returncode, 0)
        none = run_program("token", "list", *at, "--output", "json")
        expect("none yet", (none.returncode, json.loads(none.stdout)), (0, {"tokens": []}))
        expect("none yet, for people", run_program("token", "list", *at).stdout, b"no tokens\n")
        plain = run_program("token", "create", "ci", "--scope", "write", *at)
        expect("create: exit code", (plain.returncode, plain.stderr), (0, b""))
        secret = plain.stdout.decode().removesuffix("\n")
        expect_that("create: nothing but the secret", re.fullmatch("nsk_[0-9a-f]{16}_[0-9a-f]{64}", secret), "another form")
        both = ["--scope", "read", "--scope", "write", "--days", "7"]
        made = run_program("token", "create", "a b", *both, *at, "--output", "json")
        answer = json.loads(made.stdout)
        expect("both scopes", (answer["name"], answer["scopes"], answer["good"]), ("a b", ["read", "write"], True))
        expect_that("the id is in the secret", answer["secret"].startswith(f"nsk_{answer['id']}_"), answer["id"])
        expect_that("an end is told", "expires_at" in answer and "revoked_at" not in answer, sorted(answer))
        expect("revoke: exit code", run_program("token", "revoke", answer["id"], *at).returncode, 0)
        for code, arguments in [
            (1, ["revoke", answer["id"]]),
            (1, ["revoke", "0123456789abcdef"]),
            (2, ["create", "x"]),
            (2, ["create", "x", "--scope", "admin"]),
            (2, ["create", "x", "--scope", "read", "--days", "0"]),
            (2, ["create", "", "--scope", "read"]),
            (2, ["create", "a\nb", "--scope", "read"]),
        ]:
            result = run_program("token", *arguments, *at)
            expect(f"token {arguments}: exit code", result.returncode, code)
            expect_that(f"token {arguments}: it says why, and nothing else", result.stderr and not result.stdout, result)
        listed = run_program("token", "list", *at, "--output", "json")
        lines = {one["name"]: one for one in json.loads(listed.stdout)["tokens"]}
        expect("who is there", sorted((name, one["good"]) for name, one in lines.items()), [("a b", False), ("ci", True)])
        expect_that("one is revoked, one has no end", "revoked_at" in lines["a b"] and "expires_at" not in lines["ci"], lines)
        table = run_program("token", "list", *at).stdout
        expect_that("the table says so", b"revoked" in table and b"good" in table and b"a b" in table, table)
        with open(place + "/pki/tokens.json", "rb") as file:
            kept = file.read()
        for text in (kept, listed.stdout, table):
            expect_that("no secret is kept or listed", secret[-64:].encode() not in text and b"nsk_" not in text)
        expect("the file is its owner's", oct(os.stat(place + "/pki/tokens.json").st_mode & 0o777), "0o600")
        with open(place + "/pki/tokens.json", "wb") as file:
            file.write(kept[:-9])
        for arguments in (["list"], ["create", "x", "--scope", "read"], ["revoke", lines["ci"]["id"]]):
            damaged = run_program("token", *arguments, *at)
            expect(f"damaged, {arguments[0]}: exit code", damaged.returncode, 1)
            expect_that(f"damaged, {arguments[0]}: it says so", b"damaged" in damaged.stderr, damaged.stderr)


SCENARIOS = {
    "simulate": simulate,
    "pki": pki,
    "tokens": tokens,
}

if __name__ == "__main__":
    run(SCENARIOS)
