"""The commands of a cluster: simulations of faults, certificates, and tokens."""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess

from checks import expect, expect_that, run
from node import folder, run_program


def simulate():
    """Every written scenario holds; the same seed plays the same run; what is wrong with a file is told."""
    place = os.path.join(os.path.dirname(__file__), "../../../cluster/scenarios")
    names = sorted(name for name in os.listdir(place) if name.endswith(".yaml"))
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
        "nodes of 1 to 1000": "nodes: 0\nquiet_at: 9\n" + steps,
        "expected nodes": "just words",
        "next node to join is 3": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, join: 4}]\n",
        "numbered from 0 to 3": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, join: 3}, {at: 6, wipe: 4}]\n",
        "slow_disk wants": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, slow_disk: [1, 0]}]\n",
        "replication of 2 to 5": "nodes: 3\nreplication: 9\nquiet_at: 9\n" + steps,
        "agents of 1 to 64": "nodes: 3\nagents: 65\nquiet_at: 9\n" + steps,
        "load of 1 to 100000": "nodes: 3\nload: 0\nquiet_at: 9\n" + steps,
        "lost of 0 to 1000000": "nodes: 3\nquiet_at: 9\nexpect: {lost: -1}\n" + steps,
        "short_seconds: expected 0": "nodes: 3\nquiet_at: 9\nshort_seconds: -1\n" + steps,
        "recover_within: expected 0": "nodes: 3\nquiet_at: 9\nexpect: {recover_within: -1}\n" + steps,
        "no such key: found": "nodes: 3\nquiet_at: 9\nexpect: {found: 0}\n" + steps,
        "skew wants only: processes": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, skew: [1, 60]}]\n",
        "replicate wants only: simulation": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, replicate: [1, 3]}]\n",
        "agents are numbered from 0 to 1": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, revoke: 2, only: processes}]\n",
        "storm wants 1 to 1000": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, storm: 0, only: processes}]\n",
        "flap wants": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, flap: {link: [0, 1], period: 1, until: 4}}]\n",
        "no such key: pause_s": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, flap: {pause_s: 1}}]\n",
        "rolling_restart wants": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, rolling_restart: 0}]\n",
        "step 1 lies behind": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, rolling_restart: 3}]\n",
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
    expect("a cluster of two: exit code", run_program("simulate", "--sizes", "3,2").returncode, 2)
    result = run_program("simulate", "--sizes", "3,5", "--output", "json")
    measured = [json.loads(line) for line in result.stdout.splitlines()]
    expect("sizes are measured", [one["nodes"] for one in measured], [3, 5])
    expect_that("totals become equal", all(0 < one["convergence"] < 8 for one in measured), measured)


def pki():
    """An authority, its certificates and its revocation list, by the command line."""
    with folder() as place:
        at = ["--dir", place + "/pki"]
        for code, arguments in [
            (1, ["show"]),
            (0, ["init"]),
            (1, ["init"]),
            (0, ["issue", "collector", "node-1", "--dns", "localhost", "--ip", "127.0.0.1"]),
            (1, ["issue", "collector", "node-1", "--ip", "127.0.0.1"]),
            (2, ["issue", "collector", "node-2"]),
            (2, ["issue", "collector", "node-2", "--dns", "*"]),
            (2, ["issue", "collector", "node-2", "--dns", "a..b"]),
            (2, ["issue", "collector", "node-2", "--ip", "999.1.1.1"]),
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
            (2, ["revoke"]),
            (2, ["revoke", "agent"]),
            (2, ["revoke", "agent", "host-1", "--serial", "ab"]),
            (2, ["revoke", "--serial", "xy"]),
            (0, ["renew-list"]),
            (2, ["renew-list", "--days", "0"]),
            (0, ["renew-authority", "--days", "400"]),
            (2, ["renew-authority", "--days", "0"]),
        ]:
            result = run_program("pki", *arguments, *at)
            expect(f"pki {' '.join(arguments)}: exit code", result.returncode, code)
            expect_that(f"pki {' '.join(arguments)}: it says why", (code == 0) == (result.stderr == b""), result.stderr)
        shown = run_program("pki", "show", *at, "--output", "json")
        answer = json.loads(shown.stdout)
        expect("the list has counted", answer["revocation_list_number"], 3)
        expect_that("the list has a month", answer["revocation_list_days_left"] in (29, 30), answer)
        lines = {(one["role"], one["id"], one["revoked"]): one for one in answer["certificates"] if one.get("role")}
        expect("who is there", sorted(lines), [("agent", "host-1", False), ("agent", "host-1", True), ("collector", "node-1", False)])
        expect("names", lines["collector", "node-1", False]["names"], ["localhost", "127.0.0.1"])
        table = run_program("pki", "show", *at)
        expect_that("the table names them", b"collector node-1" in table.stdout, table.stdout)
        expect_that("what ends soon is told", b"agent-host-1.crt ends in" in table.stderr, table.stderr)
        modes = [oct(os.stat(path).st_mode & 0o777) for path in (place + "/pki/ca.key", place + "/pki/issued/collector-node-1.key")]
        expect("keys are their owner's", modes, ["0o600", "0o600"])


def renewals():
    """What was renewed is revoked too, keys may be elsewhere, and what ends soon is warned of with the command that mends it."""
    with folder() as place:
        path, at = place + "/pki", ["--dir", place + "/pki"]

        def do(*arguments):
            result = run_program(*arguments, *at)
            expect(f"{' '.join(arguments)}: exit code and errors", (result.returncode, result.stderr), (0, b""))
            return result.stdout.decode()

        def verify(certificate):
            return subprocess.run(
                ["openssl", "verify", "-crl_check", "-CAfile", path + "/ca.crt", "-CRLfile", path + "/crl.pem", certificate],
                capture_output=True, check=False,
            ).returncode

        do("pki", "init", "--days", "20")
        certificate, key = do("pki", "issue", "agent", "a1").split()
        os.rename(key, place + "/key-elsewhere")
        for name in ("old.crt", "middle.crt"):
            shutil.copy(certificate, f"{place}/{name}")
            do("pki", "renew", "agent", "a1")
        shutil.copy(certificate, place + "/new.crt")
        copies = [f"{place}/{name}.crt" for name in ("old", "middle", "new")]
        expect("all are good", [verify(one) for one in copies], [0, 0, 0])
        do("pki", "revoke", "agent", "a1")
        expect_that("none is good", all(verify(one) != 0 for one in copies))
        certificate, _ = do("pki", "issue", "agent", "a1").split()
        serial = subprocess.run(["openssl", "x509", "-noout", "-serial", "-in", certificate], capture_output=True, check=True)
        do("pki", "revoke", "--serial", serial.stdout.decode().strip().removeprefix("serial="))
        expect_that("a serial number is revoked", verify(certificate) != 0)
        shown = run_program("pki", "show", *at).stderr.decode()
        wanted = "warning: ca.crt ends in (19|20) days; renew it with neoscope pki renew-authority\n"
        expect_that("what an authority's end asks for", re.search(wanted, shown), shown)
        expect_that("a list has time", "crl.pem" not in shown, shown)
        do("pki", "renew-authority")
        do("pki", "renew-list", "--days", "5")
        shown = run_program("pki", "show", *at).stderr.decode()
        wanted = "warning: crl.pem ends in [45] days; sign it again with neoscope pki renew-list\n"
        expect_that("the list alone is warned of", re.fullmatch(wanted, shown), shown)
        do("pki", "renew-list")
        expect("nothing is warned of", run_program("pki", "show", *at).stderr, b"")


def at_once():
    """Commands that change one folder at the same time: each does what it says."""
    with folder() as place:
        at = ["--dir", place + "/pki"]
        expect("init: exit code", run_program("pki", "init", *at).returncode, 0)

        def together(commands):
            with concurrent.futures.ThreadPoolExecutor(len(commands)) as pool:
                results = list(pool.map(lambda arguments: run_program(*arguments, *at), commands))
            expect("exit codes", [(one.returncode, one.stderr) for one in results], [(0, b"")] * len(commands))

        names = [f"t{number}" for number in range(12)]
        together([("token", "create", name, "--scope", "write") for name in names])
        tokens = json.loads(run_program("token", "list", *at, "--output", "json").stdout)["tokens"]
        expect("every token is there", sorted(one["name"] for one in tokens), sorted(names))
        together([("token", "revoke", one["id"]) for one in tokens])
        tokens = json.loads(run_program("token", "list", *at, "--output", "json").stdout)["tokens"]
        expect("every token is revoked", [one["good"] for one in tokens], [False] * 12)
        together([("pki", "issue", "agent", name) for name in names])
        together([("pki", "revoke", "agent", name) for name in names])
        shown = json.loads(run_program("pki", "show", *at, "--output", "json").stdout)
        revoked = sorted(one["id"] for one in shown["certificates"] if one["revoked"])
        expect("every certificate is revoked", (revoked, shown["revocation_list_number"]), (sorted(names), 13))


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
    "renewals": renewals,
    "at_once": at_once,
    "tokens": tokens,
}

if __name__ == "__main__":
    run(SCENARIOS)
