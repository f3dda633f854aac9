"""Faults of a cluster on real processes: what was acknowledged is read from every node, once, whatever happens."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

import peers
from checks import expect, expect_that, figure, run
from clustered import Member, certify, cluster, know_each_other, must, other_clock, set_clock
from disk import files
from load import lost_or_twice
from mounts import fill, in_namespace, mount, unmount
from node import PROGRAM, exchange, folder, wait_until
from otlp import identifiers, plain_trace


class Sent:
    """Traces that were sent, and that each has been acknowledged."""

    def __init__(self, seed):
        self.source = identifiers(seed)
        self.acknowledged = {}
        self.statuses = {}

    def post(self, member, traces=20, spans=5):
        """Sends traces over one connection; a refusal is counted by its status."""
        connection = http.client.HTTPConnection(*member.http_address(), timeout=30)
        for _ in range(traces):
            trace_id, request = plain_trace(self.source, spans)
            body = request.SerializeToString()
            status = exchange(connection, "POST", "/v1/traces", body, "application/x-protobuf")[0]
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status == 200:
                groups = request.resource_spans[0].scope_spans[0].spans
                self.acknowledged[trace_id] = {one.span_id for one in groups}
        connection.close()
        return self

    def check(self, nodes, agents=(), seconds=15):
        """Nobody was refused, spools run empty, and every node answers with everything, once."""
        expect("nobody was refused", sorted(self.statuses), [200])
        for agent in agents:
            empty = wait_until(lambda: agent.total("neoscope_spool_frames") == 0, seconds)
            expect_that(f"{agent.name}: all is delivered", empty, agent.log()[-1000:])
        for node in nodes:
            expect(f"{node.name}: lost or twice", lost_or_twice(node, self.acknowledged), {})
        figure("spans acknowledged", sum(map(len, self.acknowledged.values())))


def rejections(node, reason):
    return node.total("neoscope_peer_rejections_total", reason=reason)


def events(node, event):
    return node.total("neoscope_write_events_total", event=event)


def cluster_id(place, pki="pki"):
    return json.loads(must("pki", "show", "--dir", f"{place}/{pki}", "--output", "json"))["cluster"]


def greeted(place, node, caller):
    """A data connection to a node under a member's certificate, welcomed."""
    connection = peers.dial(node.peer, caller.authority, caller.certificate, caller.key)
    connection.sendall(peers.hello(cluster_id(place), caller.role, caller.name, peers.DATA, placement=(1, 0, 0)))
    answer = peers.next_message(connection)
    if answer is None or answer[0] != peers.WELCOME:
        raise ConnectionError(f"not welcomed: {answer}")
    return connection


# MARK: frames that come again


def _frames(folder):
    """Every frame of spans in the files of a folder that travels, as Format.md lays them out: no parts, no journal."""
    found = []
    for path in files(folder):
        with open(path, "rb") as file:
            data = file.read()
        at = data.find(b"NSFR")
        while at >= 0:
            index, payload = (int.from_bytes(data[at + offset:at + offset + 4], "little") for offset in (56, 60))
            end = at + (96 + index + payload + 7) // 8 * 8
            if data[at + 6] == 1 and not data[at + 7] & (4 | 16):
                found.append(data[at:end])
            at = data.find(b"NSFR", end)
    return found


def _verdict(connection, frame, request, floor=b"\x00", is_forwarded=False):
    """Sends a frame, and gives the verdict of its outcome."""
    connection.sendall(peers.message(peers.FRAME, bytes([is_forwarded]) + floor + frame, request))
    while True:
        kind, answered, body = peers.next_message(connection)
        if kind == peers.OUTCOME and answered == request:
            return body[0]


def replayed():
    """Frames that come again, from whomever, to whichever node: confirmed each time, and stored once."""
    with folder() as place, cluster(place, nodes=3, agents=2) as (nodes, agents):
        sent = Sent(401).post(agents[0], 12)
        sent.check(nodes, agents)
        frames = _frames(agents[0].data)[:12]
        expect_that("frames were captured", len(frames) > 0, os.listdir(agents[0].data))
        # What a node does not remember it finds on its disk.
        nodes[1].kill()
        nodes[1].start()
        expect_that("all nodes are back", know_each_other(nodes))
        stored = [node.total("neoscope_items_out_total", signal="spans", stage="store") for node in nodes]
        known = sum(events(node, "duplicate") for node in nodes)
        verdicts = []
        for caller in agents:
            for node in nodes:
                with greeted(place, node, caller) as connection:
                    for number, frame in enumerate(frames):
                        verdicts.append(_verdict(connection, frame, 2 * number + 1))
                        # Its origin's floor is said to be above it: it was settled long ago.
                        verdicts.append(_verdict(connection, frame, 2 * number + 2, floor=b"\xff\x7f"))
        figure("frames sent again", len(verdicts))
        expect("each is confirmed again", set(verdicts), {1})
        again = sum(events(node, "duplicate") for node in nodes) - known
        expect_that("duplicates are counted", again >= len(verdicts), again)
        expect_that("another's run is counted", sum(events(node, "foreign_run") for node in nodes) > 0)
        now = [node.total("neoscope_items_out_total", signal="spans", stage="store") for node in nodes]
        expect("nothing more is stored", now, stored)
        sent.check(nodes)


# MARK: peers that do not belong


def two_clusters():
    """A collector and an agent of another cluster that were given this one's seeds: refused, told, nobody disturbed."""
    with folder() as place, cluster(place, nodes=2, agents=1) as (nodes, agents):
        sent = Sent(402).post(agents[0])
        their = f"{place}/their"
        certify(their, 1, 1)
        seeds = [node.peer for node in nodes]
        with Member(their, "collector", "node-1", seeds, "cluster.replication=1") as stranger:
            with Member(their, "agent", "host-1", seeds) as guest:
                theirs = Sent(403).post(guest)
                for node in nodes:
                    counted = lambda: rejections(node, "certificate") >= 2
                    expect_that(f"{node.name}: counts refusals", wait_until(counted), node.metrics())
                word = "unable to get local issuer certificate"
                health = lambda: guest.get("/healthz?verbose")[1].decode()
                expect_that("the agent's health says why", wait_until(lambda: word in health()), health())
                expect_that("its log names the seed", any(seed in guest.log() for seed in seeds), guest.log())
                told = lambda: word in stranger.log() and any(seed in stranger.log() for seed in seeds)
                expect_that("the collector's log says why, and where", wait_until(told, 5), stranger.log()[-1500:])
                for node in nodes:
                    expect(f"{node.name}: members", node.get_json("/api/v1/cluster")["members"]["alive"], 2)
                expect("the stranger's members", stranger.get_json("/api/v1/cluster")["members"]["alive"], 1)
                sent.post(agents[0])
                sent.check(nodes, agents)
                expect("no agent of theirs was let in", _agents(nodes[0]), ["host-1"])
                guest.kill()
            with Member(their, "agent", "host-1", [stranger.peer]) as guest:
                theirs.check([stranger], [guest])
        for node in nodes:
            found = [node.get("/api/v1/traces/" + trace_id.hex())[0] for trace_id in theirs.acknowledged]
            expect(f"{node.name}: has nothing of theirs", set(found), {404})


def _agents(node):
    answer = node.command_line("cluster", "members", "--output", "json")
    return [one["name"] for one in json.loads(answer.stdout)["agents"] if one["connections"]]


def _issue(place, role, name, ends_in):
    """Makes a member's certificate anew, one that ends in so many seconds."""
    for end in ("crt", "key"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(f"{place}/pki/issued/{role}-{name}.{end}")
    names = ["--ip", "127.0.0.1"] if role == "collector" else []
    with other_clock(ends_in - 86_400) as environment:
        must("pki", "issue", role, name, *names, "--days", "1", "--dir", f"{place}/pki", environment=environment)


def expired():
    """A certificate that has ended lets nobody in; what its agent took meanwhile comes once it is renewed."""
    with folder() as place, cluster(place, nodes=2, agents=1) as (nodes, agents):
        for role, name in (("agent", "host-9"), ("collector", "node-9")):
            _issue(place, role, name, -60)
            late = Member(place, role, name, [nodes[0].peer])
            result = subprocess.run(late.command, capture_output=True, text=True, timeout=20)
            expect(f"{role}: does not start", result.returncode, 1)
            expect_that(f"{role}: says why", "certificate has expired" in result.stderr, result.stderr)
            try:
                greeted(place, nodes[0], late)
                expect_that(f"{role}: is not let in", False)
            except OSError:
                pass  # the handshake fails, or nothing answers the hello
        counted = nodes[0].total("neoscope_tls_refused_handshakes_total"), rejections(nodes[0], "certificate")
        expect("both are counted", counted, (2, 2))
        agent = agents[0]
        agent.kill()
        _issue(place, "agent", agent.name, 3)
        agent.start()
        health = lambda: agent.get("/healthz?verbose")[1].decode()
        sent = Sent(404).post(agent)
        expect_that("all is delivered before", wait_until(lambda: agent.total("neoscope_spool_frames") == 0))
        told = wait_until(lambda: "the own certificate has expired" in health())
        expect_that("its health tells the end", told, health())
        for node in nodes:
            node.kill()
        for node, other in zip(nodes, reversed(nodes)):
            node.command += ["--seed", other.peer]
            node.start()
        expect_that("all nodes are back", know_each_other(nodes))
        sent.post(agent)
        refused = lambda: sum(rejections(node, "certificate") for node in nodes) > 0
        expect_that("it is refused and counted", wait_until(refused), agent.log()[-500:])
        expect("its frames wait", agent.total("neoscope_courier_connections"), 0)
        expect_that("they do", agent.total("neoscope_spool_frames") > 0)
        _issue(place, "agent", agent.name, 86_400)
        sent.check(nodes, agents)


# MARK: peers and clients that are no good


def flood():
    """Connections by the thousand that never come to a greeting: bounded, counted, ended; nobody is kept waiting."""
    limit, each = 400, 1000
    with folder() as place, cluster(place, 3, 2, settings=[f"cluster.connections_max={limit}"]) as (nodes, agents):
        sent = Sent(407).post(agents[0])
        sent.check(nodes, agents)
        before = [_memory(node) for node in nodes]
        beginnings = [b"", _client_hello(), _client_hello()[:100], b"GET / HTTP/1.1\r\n\r\n", os.urandom(300)]
        waits, flooders = [], []
        try:
            for number in range(each):
                for node in nodes:
                    flooders.append(_rush(node.peer, beginnings[number % len(beginnings)]))
                if number % 100 == 0:
                    waits.append(_delivery(sent, agents))
            agents[1].kill()
            agents[1].start()
            waits += [_delivery(sent, agents[:1]) for _ in range(5)]
            for node in nodes:
                alive = node.get_json("/api/v1/cluster")["members"]["alive"]
                expect(f"{node.name}: members and health", (alive, node.get("/healthz")[0]), (3, 200))
                expect_that(f"{node.name}: nobody was suspected", "status=suspect" not in node.log(), node.log()[-800:])
                refused = rejections(node, "crowded")
                expect_that(f"{node.name}: those beyond the limit are counted", refused > 0, refused)
                malformed = lambda: rejections(node, "malformed") > limit // 10
                expect_that(f"{node.name}: garbage is counted", wait_until(malformed), rejections(node, "malformed"))
                silent = lambda: rejections(node, "silent") > limit // 10
                expect_that(f"{node.name}: those without a greeting are ended", wait_until(silent, 15), node.metrics())
        finally:
            for connection in flooders:
                connection.close()
        figure("seconds until frames were confirmed, at most", round(max(waits), 3))
        expect_that("frames were confirmed all the while", max(waits) < 5, waits)
        grown = [_memory(node) - old for node, old in zip(nodes, before)]
        figure("MiB more", grown)
        expect_that("memory is bounded", max(grown) < 100, grown)
        sent.check(nodes, agents)


def _rush(address, beginning):
    """A connection that says something and waits."""
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), timeout=10)
    with contextlib.suppress(OSError):
        connection.sendall(beginning)
    return connection


def _client_hello():
    """What a TLS client says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def _delivery(sent, agents):
    """Seconds until what is sent now is confirmed."""
    began = time.monotonic()
    for agent in agents:
        sent.post(agent, 3)
    wait_until(lambda: all(agent.total("neoscope_spool_frames") == 0 for agent in agents), 20, 0.01)
    return time.monotonic() - began


def _memory(node):
    """Resident MiB."""
    with open(f"/proc/{node.process.pid}/status", encoding="utf-8") as file:
        return int(next(line.split()[1] for line in file if line.startswith("VmRSS"))) >> 10


def slow_peer():
    """A peer that says much and reads nothing: ended within seconds, counted, and no burden on others."""
    with folder() as place, cluster(place, 2, 2) as (nodes, agents):
        sent = Sent(408).post(agents[0])
        sent.check(nodes, agents)
        node, before = nodes[0], _memory(nodes[0])
        answered = {
            "what is no frame": peers.message(peers.FRAME, b"\0\0" + b"no frame", 1) * 500,
            "what nobody knows": peers.message(99, b"", 1) * 2000,
        }
        for name, words in answered.items():
            counted, waits = rejections(node, "slow"), []
            with greeted(place, node, agents[1]) as connection:
                connection.settimeout(20)
                talking = threading.Thread(target=_talk, args=(connection, words), daemon=True)
                talking.start()
                end = time.monotonic() + 15
                while talking.is_alive() and time.monotonic() < end:
                    waits.append(_delivery(sent, agents[:1]))
                expect(f"{name}: the connection is ended", talking.is_alive(), False)
            grown = _memory(node) - before
            figure(f"{name}: MiB more", grown)
            # What waits for a peer is at most 128 MiB, and as much again while it is encrypted.
            expect_that(f"{name}: memory is bounded", grown < 400, grown)
            expect_that(f"{name}: others go on", max(waits) < 10, waits)
            slow = lambda: rejections(node, "slow") > counted
            expect_that(f"{name}: it is counted", wait_until(slow, 3), rejections(node, "slow"))
        sent.check(nodes, agents)


def _talk(connection, words):
    """Says the same until the other side ends it."""
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(words)


def slow_client():
    """Clients of the API that ask for much and read nothing: others are answered, and memory is bounded."""
    with folder() as place, cluster(place, 2, 1) as (nodes, agents):
        node, sent = nodes[0], Sent(412).post(agents[0], 1, spans=5000)
        sent.check(nodes, agents)
        (large,) = sent.acknowledged
        before, clients = _memory(node), []
        question = f"GET /api/v1/traces/{large.hex()} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        try:
            for _ in range(8):
                clients.append(_rush(node.api.removeprefix("http://"), question * 20))
            waits = []
            for _ in range(4):
                began = time.monotonic()
                expect("it lives", node.get("/livez", seconds=20)[0], 200)
                waits.append(max(time.monotonic() - began, _delivery(sent, agents)))
            grown = _memory(node) - before
        finally:
            for client in clients:
                client.close()
        figure("seconds that others waited, at most", round(max(waits), 3))
        figure("MiB more", grown)
        expect_that("others are answered", max(waits) < 10, waits)
        expect_that("memory is bounded", grown < 400, grown)
        sent.check(nodes, agents)


# MARK: users


def unprivileged():
    """Processes of a user who may do nothing in particular: they take telemetry, and find each other."""
    nobody = 65534
    with folder() as place, contextlib.ExitStack() as stack:
        certify(place, 2, 1)
        program = shutil.copy(PROGRAM, place + "/program")
        prefix = []
        if os.geteuid() == 0:
            user = ["--reuid", str(nobody), "--regid", str(nobody), "--clear-groups", "--pdeathsig", "KILL"]
            prefix = ["setpriv", *user]
            subprocess.run(["chown", "-R", f"{nobody}:{nobody}", place], check=True)
        members = []
        for role, name in (("collector", "node-1"), ("collector", "node-2"), ("agent", "host-1")):
            member = Member(place, role, name, [other.peer for other in members])
            member.command[:1] = [*prefix, program]
            members.append(stack.enter_context(member))
        expect_that("collectors know each other", know_each_other(members[:2]), members[0].log()[-1500:])
        Sent(413).post(members[2]).post(members[0]).check(members[:2], members[2:])


# MARK: clocks

# Certificates are valid for the clocks that are late too.
HOUR = 3600
LONG_AGO = -48 * HOUR


def agent_clocks():
    """Agents whose clocks are hours off: what they take is delivered, and they say so."""
    offsets = {"host_1": 5 * HOUR, "host_2": -5 * HOUR, "host_3": -9 * HOUR}
    with folder() as place, contextlib.ExitStack() as clocks:
        own = {name: {"environment": clocks.enter_context(other_clock(offset))} for name, offset in offsets.items()}
        certified = clocks.enter_context(other_clock(LONG_AGO))
        with cluster(place, 2, 3, certified=certified, **own) as (nodes, agents):
            sent = Sent(409)
            for agent in agents:
                sent.post(agent)
                _check_told(agent)
            sent.check(nodes, agents)
            # What they took while they knew nobody has their own time, and is made anew where that is too far off.
            for member in nodes + agents:
                member.kill()
            for agent in agents:
                agent.start()
                sent.post(agent, 10)
            for node in nodes:
                node.start()
            sent.check(nodes, agents)
            for agent in agents:
                expect_that(f"{agent.name}: lives", agent.is_alive(), agent.log()[-1500:])
            anew = ["is made anew" in agent.log() for agent in agents]
            expect("made anew", anew, [True, False, True])


def collector_clocks():
    """Collectors whose clocks are hours off when they join: they follow the cluster's, and say so."""
    offsets = {"node_2": 7 * HOUR, "node_3": -7 * HOUR}
    with folder() as place, contextlib.ExitStack() as clocks:
        own = {name: {"environment": clocks.enter_context(other_clock(offset))} for name, offset in offsets.items()}
        certified = clocks.enter_context(other_clock(LONG_AGO))
        with cluster(place, 3, 1, certified=certified, **own) as (nodes, agents):
            sent = Sent(410).post(agents[0])
            for node in nodes[1:]:
                _check_told(node)
                # The own door stamps with the cluster's time too.
                sent.post(node)
            sent.check(nodes, agents)
            _check_not_made_anew(nodes, agents)


def stepped_clock():
    """A collector whose wall clock is put forward by hours while it runs: frames are not made anew for ever."""
    with folder() as place, contextlib.ExitStack() as clocks:
        own = clocks.enter_context(other_clock(0))
        certified = clocks.enter_context(other_clock(LONG_AGO))
        with cluster(place, 3, 1, certified=certified, node_2={"environment": own}) as (nodes, agents):
            sent = Sent(411).post(agents[0])
            sent.check(nodes, agents)
            set_clock(own, 7 * HOUR)
            told = lambda: b"ahead of the cluster's time" in nodes[1].get("/healthz?verbose")[1]
            expect_that("it is told", wait_until(told), nodes[1].get("/healthz?verbose"))
            expect_that("and measured", nodes[1].total("neoscope_clock_difference_seconds") > 6 * HOUR)
            sent.post(agents[0])
            sent.check(nodes, agents)
            _check_not_made_anew(nodes, agents)


def _check_told(member):
    word = "the own clock is another than the cluster's"
    expect_that(f"{member.name}: says that its clock is off", word in member.log(), member.log()[-1500:])


def _check_not_made_anew(nodes, agents):
    answers = sum(node.total("neoscope_write_answers_total", verdict="restamp") for node in nodes)
    figure("frames that were to be made anew", answers)
    expect_that("few frames were to be made anew", answers < 200, answers)
    for agent in agents:
        lines = agent.log().count("\n")
        expect_that(f"{agent.name}: its log stays short", lines < 200, lines)


# MARK: disks


def wiped():
    """A data directory that is gone: its node joins as a later start, and the others' copies answer."""
    with folder() as place, cluster(place, nodes=3, agents=1) as (nodes, agents):
        sent = Sent(405).post(agents[0], 30)
        sent.check(nodes, agents)
        lost = nodes[1]
        lost.command += ["--seed", nodes[2].peer]
        for number in ("once", "twice"):
            before = _epoch(nodes[0], lost.name)
            lost.kill()
            sent.post(agents[0], 10)
            shutil.rmtree(lost.data)
            lost.start()
            expect_that(f"wiped {number}: all nodes are there", know_each_other(nodes))
            later = wait_until(lambda: _epoch(nodes[0], lost.name) > before)
            expect_that(f"wiped {number}: it counts as a later start", later, (before, lost.log()[-500:]))
            # It hears of its earlier starts, and keeps the number.
            with open(lost.data + "/epoch", encoding="utf-8") as file:
                expect(f"wiped {number}: the number is kept", int(file.read()), _epoch(nodes[0], lost.name))
            sent.post(agents[0], 10)
            sent.check(nodes, agents)


def full():
    """The disk of one node of three is full: the others take its share, nobody is refused, and it ends with room."""
    with _small_disk("storage.low_disk_bytes=8MiB", nodes=3, room=4 << 20) as (nodes, agents, sent, ballast):
        sent.check(nodes, agents)
        expect_that("it could not keep frames", events(nodes[1], "failed") > 0)
        _recover(nodes, agents, sent, ballast)


def full_of_two():
    """The disk of one node of two has no byte left: agents keep what one node alone holds until there is room."""
    with _small_disk("storage.low_disk_bytes=0", nodes=2, room=0) as (nodes, agents, sent, ballast):
        expect_that("frames wait in the spool", agents[0].total("neoscope_spool_frames") > 0)
        owed = lambda: nodes[0].total("neoscope_cluster_owed_frames") > 0
        expect_that("the other node tells what it owes", wait_until(owed), nodes[0].log()[-500:])
        _recover(nodes, agents, sent, ballast)
        expect_that("nothing is owed any more", wait_until(lambda: not owed()), nodes[0].get("/healthz?verbose"))


@contextlib.contextmanager
def _small_disk(setting, nodes, room):
    """A cluster whose second node's disk was filled up to so much room, and what was sent before and since."""
    with folder() as place:
        disk = place + "/disk"
        mount(disk, "size=32m")
        try:
            own = {"node_2": {"data": disk + "/node-2"}}
            with cluster(place, nodes, 1, settings=[setting], **own) as (members, agents):
                sent = Sent(406).post(agents[0])
                sent.check(members, agents)
                fill(disk + "/ballast", room)
                # Without a watermark the disk is found full by who writes to it.
                told = lambda: sent.post(agents[0], 10) and _disk(members[1]) == "unhealthy"
                expect_that("its health tells", wait_until(told), members[1].log()[-1000:])
                expect("it is not ready", members[1].get("/readyz")[0], 503)
                sent.post(agents[0], 40)
                yield members, agents, sent, disk + "/ballast"
        finally:
            unmount(disk)


def _recover(nodes, agents, sent, ballast):
    for node in nodes:
        expect_that(f"{node.name}: alive", node.is_alive(), node.log()[-1000:])
    expect("nobody was refused while it was full", sorted(sent.statuses), [200])
    os.remove(ballast)
    expect_that("its health recovers", wait_until(lambda: _disk(nodes[1]) == "healthy"), nodes[1].log()[-1000:])
    # First-hand or as a copy, whichever node the frame goes to first.
    share = lambda: nodes[1].total("neoscope_items_in_total", signal="spans", stage="store") + events(nodes[1], "copied")
    kept = share()
    sent.post(agents[0], 20).check(nodes, agents)
    expect_that("it keeps its share again", share() > kept, (kept, share()))


def _disk(node):
    components = json.loads(node.get("/healthz?verbose")[1])["components"]
    return next(one["status"] for one in components if one["name"] == "disk")


def _epoch(node, name):
    answer = node.command_line("cluster", "members", "--output", "json")
    return next(one["epoch"] for one in json.loads(answer.stdout)["members"] if one["name"] == name)


SCENARIOS = {
    "replayed": replayed,
    "two_clusters": two_clusters,
    "expired": expired,
    "agent_clocks": agent_clocks,
    "collector_clocks": collector_clocks,
    "stepped_clock": stepped_clock,
    "wiped": wiped,
    "unprivileged": unprivileged,
    "flood": flood,
    "slow_peer": slow_peer,
    "slow_client": slow_client,
    "full": full,
    "full_of_two": full_of_two,
}

NEED_MOUNTS = {"full", "full_of_two"}

if __name__ == "__main__":
    if NEED_MOUNTS & set(sys.argv[1:]):
        in_namespace()
    run(SCENARIOS)
