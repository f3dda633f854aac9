"""A cluster of real processes: what agents acknowledged is read from every node, and who may not come in stays out."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts" / "lib"))

import peers
from accounting import Load, check, wait_for_spools
from checks import expect, expect_that, figure, run
from cluster import Cluster, Failure

PROGRAM = os.environ["NEOSCOPE_TEST_PROGRAM"]


@contextlib.contextmanager
def cluster(**options):
    with tempfile.TemporaryDirectory(prefix="ns-") as place:
        made = Cluster.make(f"{place}/c", PROGRAM, settings=["sensors.enabled=false", "threads=1"], **options)
        try:
            yield made
        finally:
            made.down()


def _read_everywhere(made, loads):
    traces = {}
    for load in loads:
        traces.update(load.traces())
    acknowledged = sum(entry[1] for entry in traces.values())
    expect_that("something was acknowledged", acknowledged > 0)
    for node in made.facts["nodes"]:
        result = check(made, node, sorted(traces.items()))
        for key in ("lost", "phantom", "duplicates", "unread"):
            expect(f"{key}, read from {node['name']}", result[key], 0)
    figure("spans acknowledged", acknowledged)


def wait_until(name, condition, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return expect_that(name, True)
        except (OSError, Failure):
            pass
        time.sleep(0.05)
    expect_that(name, False, f"not within {seconds} s")


def survives():
    """kill -9 of collectors and of an agent under load: nothing acknowledged is lost, nothing is there twice."""
    with cluster(nodes=3, agents=2) as made:
        loads = [Load(made, agent, 500, 8, 100 * number, connections=1)
                 for number, agent in enumerate(made.facts["agents"])]
        for name in ("node-2", "agent-1", "node-1"):
            time.sleep(1.2)
            made.signal(name, signal.SIGKILL)
            time.sleep(0.3)
            made.start(name)
        tallies = [load.finish() for load in loads]
        expect("refused", [tally["refused"] for tally in tallies], [{}, {}])
        wait_for_spools(made)
        made.wait_for_members(3)
        _read_everywhere(made, loads)


def one_copy():
    """With one of two collectors gone, agents keep what they accepted; when it is back, it is confirmed."""
    with cluster(nodes=2, agents=1) as made:
        agent = made.facts["agents"][0]
        made.signal("node-2", signal.SIGKILL)
        load = Load(made, agent, 200, 2, 7, connections=1)
        expect("refused", load.finish()["refused"], {})
        expect_that("frames wait in the spool", made.metric(agent, "neoscope_spool_frames") > 0)
        made.start("node-2")
        wait_for_spools(made)
        _read_everywhere(made, [load])


def leaves():
    """A collector that is asked to end hands over and says goodbye; nobody takes it for dead."""
    with cluster(nodes=3, agents=1) as made:
        load = Load(made, made.facts["agents"][0], 300, 5, 9, connections=1)
        time.sleep(1.5)
        made.signal("node-3", signal.SIGTERM)
        for name in ("node-1", "node-2"):
            wait_until(f"{name} knows that node-3 left", lambda: made.metric(
                made.entry(name), "neoscope_cluster_members", status="left") == 1)
            expect(f"dead, says {name}", made.metric(made.entry(name), "neoscope_cluster_members", status="dead"), 0)
        load.finish()
        wait_for_spools(made)
        made.start("node-3")
        made.wait_for_members(3)
        _read_everywhere(made, [load])


def _hello(made, role, name, purpose, cluster_id=None, **fields):
    return peers.hello(cluster_id or _cluster_id(made), role, name, purpose, **fields)


def _cluster_id(made):
    answer = made.command("pki", "show", "--dir", str(made.folder / "pki"), "--output", "json")
    return json.loads(answer)["cluster"]


def _dial(made, node, certificate=None, key=None):
    return peers.dial(node["peer"], made.facts["ca"], certificate, key)


def _answer(connection):
    """Kind and body of the first message; None where the connection ends before."""
    answer = peers.next_message(connection)
    return answer and (answer[0], answer[2])


def _greeted(made, node, files):
    """What an agent's hello is answered under this certificate; None where the connection ends."""
    try:
        connection = _dial(made, node, *files)
        connection.sendall(_hello(made, "agent", "agent-1", 2))
        return _answer(connection)
    except (OSError, ssl.SSLError):
        return None


def _signed(made, name, begins, ends):
    """A certificate for agent-1 by the cluster's authority, valid from when to when one likes, which no command gives."""
    place, pki = made.folder / name, made.folder / "pki"
    place.mkdir()
    (place / "index").touch()
    (place / "conf").write_text(f"""
[ca]
default_ca=here
[here]
database={place}/index
new_certs_dir={place}
rand_serial=yes
default_md=sha256
policy=any
x509_extensions=extensions
[any]
commonName=supplied
[extensions]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth
authorityKeyIdentifier=keyid
subjectAltName=URI:neoscope://agent/agent-1
""")
    key, request, certificate = (f"{place}/{end}" for end in ("key", "csr", "crt"))
    for command in (
        ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=agent agent-1",
         "-keyout", key, "-out", request],
        ["ca", "-batch", "-notext", "-config", f"{place}/conf", "-cert", f"{pki}/ca.crt", "-keyfile", f"{pki}/ca.key",
         "-startdate", begins, "-enddate", ends, "-in", request, "-out", certificate],
    ):
        subprocess.run(["openssl", *command], check=True, capture_output=True, timeout=30)
    return certificate, key


def _rejected(name, connection, reason, word):
    answer = _answer(connection)
    expect_that(f"{name}: is answered", answer is not None and answer[0] == 3, answer)
    if answer and answer[0] == 3:
        expect(f"{name}: reason", answer[1][0], reason)
        expect_that(f"{name}: says why", word in answer[1].decode(errors="replace"), answer[1])


def refusals():
    """Peers with no certificate, another's, a revoked one, the wrong role, version, cluster or placement; garbage."""
    with cluster(nodes=1, agents=1) as made, tempfile.TemporaryDirectory() as other:
        node, agent = made.facts["nodes"][0], made.facts["agents"][0]
        made.command("pki", "init", "--dir", f"{other}/pki")
        made.command("pki", "issue", "agent", "agent-1", "--dir", f"{other}/pki")
        stem = f"{other}/pki/issued/agent-agent-1"
        strangers = [
            ("no certificate", ()), ("another authority", (f"{stem}.crt", f"{stem}.key")),
            ("an expired one", _signed(made, "expired", "20200101000000Z", "20210101000000Z")),
            ("one to come", _signed(made, "to-come", "20900101000000Z", "20910101000000Z")),
        ]
        for name, files in strangers:
            def counted():
                return made.metric(node, "neoscope_peer_rejections_total", reason="certificate")

            before = counted()
            expect(f"{name}: is not answered", _greeted(made, node, files), None)
            wait_until(f"{name}: is counted", lambda: counted() == before + 1, seconds=5)
        good = _signed(made, "good", "20200101000000Z", "20900101000000Z")
        expect_that("one that is good is answered", _greeted(made, node, good) is not None)
        own = (agent["certificate"], agent["key"])
        cases = [
            ("an agent that joins", _hello(made, "agent", "agent-1", 1), 4, "role"),
            ("an agent that replicates", _hello(made, "agent", "agent-1", 3), 4, "role"),
            ("another name", _hello(made, "agent", "agent-2", 2), 3, "certificate"),
            ("another cluster", _hello(made, "agent", "agent-1", 2, cluster_id="feedfeedfeedfeed"), 2, "cluster"),
            ("a version to come", _hello(made, "agent", "agent-1", 2, versions=(9, 12)), 1, "version"),
            ("garbage", struct.pack("<IBBHQ", 40, 1, 0, 0, 0) + os.urandom(40), 9, "hello"),
        ]
        for name, hello, reason, word in cases:
            connection = _dial(made, node, *own)
            connection.sendall(hello)
            _rejected(name, connection, reason, word)
        made.command("pki", "issue", "collector", "node-9", "--ip", "127.0.0.1", "--dir", str(made.folder / "pki"))
        nine = [str(made.folder / f"pki/issued/collector-node-9.{end}") for end in ("crt", "key")]
        connection = _dial(made, node, *nine)
        connection.sendall(_hello(made, "collector", "node-9", 1, placement=(1, 3, 2)))
        _rejected("other placement parameters", connection, 5, "replication")
        for name, data in (("too large", struct.pack("<IBBHQ", 1 << 31, 1, 0, 0, 0)),
                           ("truncated", _hello(made, "agent", "agent-1", 2)[:30])):
            connection = _dial(made, node, *own)
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = _answer(connection)
            expect_that(f"{name}: is not welcomed", answer is None or answer[0] in (3, 4), answer)
        expect_that("refusals are counted", made.metric(node, "neoscope_peer_rejections_total") >= 8)
        _revoked(made, node, agent)


def _revoked(made, node, agent):
    wait_until("the agent is connected", lambda: made.metric(agent, "neoscope_courier_connections") == 1)
    made.command("pki", "revoke", "agent", "agent-1", "--dir", str(made.folder / "pki"))
    wait_until("a revoked agent's connection ends within 5 s",
               lambda: made.metric(agent, "neoscope_courier_connections") == 0, seconds=5)
    time.sleep(1)
    expect("it does not come back", made.metric(agent, "neoscope_courier_connections"), 0)


def clones():
    """A data directory that was copied to another node, and a second process under a name that is taken."""
    with cluster(nodes=2, agents=0) as made:
        made.signal("node-2", signal.SIGTERM)
        shutil.copytree(made.entry("node-2")["data_dir"], f"{made.folder}/copy", ignore=shutil.ignore_patterns("*.sock"))
        arguments = [f"{made.folder}/copy" if word == made.entry("node-1")["data_dir"] else word
                     for word in made.arguments("node-1")]
        arguments = [word.replace(made.entry("node-1")["peer"], "127.0.0.1:0") if word == made.entry("node-1")["peer"]
                     and arguments[index - 1] == "--peer" else word for index, word in enumerate(arguments)]
        for key in ("api", "otlp_http", "otlp_grpc"):
            host = made.entry("node-1")[key].split("://")[1]
            arguments = ["127.0.0.1:0" if word == host else word for word in arguments]
        result = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
        expect("a copied directory: exit code", result.returncode, 1)
        expect_that("a copied directory: says whose it is", "belongs to neoscope://collector/node-2" in result.stderr,
                    result.stderr[-400:])
        shutil.rmtree(f"{made.folder}/copy")
        result = subprocess.run(arguments, capture_output=True, text=True, timeout=90)
        expect("a name that is taken: exit code", result.returncode, 1)
        expect_that("a name that is taken: says so", "give each node a name and a data directory of its own" in result.stderr,
                    result.stderr[-400:])
        expect("the first process lives on", made.is_alive(made.entry("node-1")), True)


if __name__ == "__main__":
    run({"survives": survives, "one_copy": one_copy, "leaves": leaves, "refusals": refusals, "clones": clones})
