"""Three collectors and agents, each with copies of its own: a revocation or a token of one counts on all."""

import contextlib
import json
import os
import shutil
import time

from checks import expect, expect_that, figure, run
from guarded import Authority
from node import Node, folder, run_program, wait_until
from otlp import identifiers, plain_trace

READING = "/api/v1/services"


class Member(Node):
    """A collector or an agent with copies of certificates, revocation list and tokens in a folder of its own."""

    def __init__(self, place, authority, role, name, seeds, reader):
        super().__init__(f"{place}/data-{name}")
        self.name, self.reader = name, reader
        self.own = f"{place}/{name}"
        os.mkdir(self.own)
        certificate, key = authority.issue(role, name, "--ip", "127.0.0.1")
        for source, target in (
            (authority.ca, "ca.crt"), (authority.revocation_list, "crl.pem"), (authority.tokens, "tokens.json"),
            (certificate, "own.crt"), (key, "own.key"),
        ):
            shutil.copy(source, f"{self.own}/{target}")
        self.command[1] = role
        self.command += ["--ca", f"{self.own}/ca.crt", "--certificate", f"{self.own}/own.crt"]
        self.command += ["--key", f"{self.own}/own.key", "--revocation-list", f"{self.own}/crl.pem"]
        self.command += ["--tokens-file", f"{self.own}/tokens.json"]
        # Who asks shows a token, without TLS: this is about tokens, not about doors.
        self.command += ["--set", "api.tls=off", "--set", "api.open_loopback=off", "--set", "threads=1"]
        if role == "collector":
            self.command += ["--peer", "127.0.0.1:0"]
        for seed in seeds:
            self.command += ["--seed", seed]

    def get(self, path, seconds=60, headers=None):
        return super().get(path, seconds, headers or {"Authorization": f"Bearer {self.reader}"})

    def status(self, secret):
        """What a reader with a token is answered."""
        return self.get(READING, headers={"Authorization": f"Bearer {secret}"})[0]

    def list_number(self):
        return self.total("neoscope_revocation_list_number")

    def events(self):
        return {dict(labels)["event"]: value for (name, labels), value in self.metrics().items()
                if name == "neoscope_shared_credentials_total"}

    def take_list(self, authority):
        """Puts the authority's list where this process looks for it, as an operator would."""
        shutil.copy(authority.revocation_list, f"{self.own}/new.pem")
        os.rename(f"{self.own}/new.pem", f"{self.own}/crl.pem")

    def token(self, *arguments):
        result = run_program("token", *arguments, "--dir", self.own)
        if result.returncode != 0:
            raise RuntimeError(f"{arguments}: {result.stderr.decode()}")
        return result.stdout.decode()

    def components(self):
        return {one["name"]: (one["status"], one["detail"])
                for one in json.loads(self.get("/healthz?verbose")[1])["components"]}


@contextlib.contextmanager
def cluster(agents=1):
    """Three collectors and some agents, all connected, and their authority."""
    with folder() as place, contextlib.ExitStack() as stack:
        authority = Authority(place + "/pki")
        reader = authority.token("reader", "read")[1]
        nodes = []
        for number in range(3):
            seeds = [node.endpoints["peer"] for node in nodes]
            nodes.append(stack.enter_context(
                Member(place, authority, "collector", f"node-{number + 1}", seeds, reader)))
        seeds = [node.endpoints["peer"] for node in nodes]
        clients = [stack.enter_context(Member(place, authority, "agent", f"host-{number + 1}", seeds, reader))
                   for number in range(agents)]
        # An agent connects to those to whom it has something to bring.
        source = identifiers(1)
        for client in clients:
            for _ in range(40):
                client.post("/v1/traces", plain_trace(source)[1].SerializeToString())
        for node in nodes:
            joined = wait_until(lambda: node.total("neoscope_peer_connections", role="agent") == agents, 20)
            expect_that(f"every agent is connected to {node.name}", joined)
        yield authority, nodes, clients


def within(name, condition, seconds=5):
    """Checks that something comes true in time, and tells how long it took."""
    began = time.monotonic()
    expect_that(f"{name} within {seconds} s", wait_until(condition, seconds))
    figure(name, round(time.monotonic() - began, 2))


def revoke():
    """A list that one node is given ends a revoked agent's connections to all, and agents refuse a revoked node."""
    with cluster(agents=2) as (authority, nodes, agents):
        authority.revoke("agent", "host-1")
        nodes[0].take_list(authority)
        within("no node is connected to the revoked agent", lambda: all(
            node.total("neoscope_peer_connections", role="agent") == 1 for node in nodes))
        everybody = [*nodes, agents[1]]
        within("everybody has the list", lambda: [one.list_number() for one in everybody] == [2] * 4)
        for one in everybody:
            with open(f"{one.own}/crl.pem", "rb") as file, open(authority.revocation_list, "rb") as source:
                expect(f"the file of {one.name}", file.read(), source.read())
            expect(f"certificates of {one.name}", one.components()["certificates"][0], "healthy")
        expect("taken by those who were told", [one.events()["list_taken"] for one in everybody], [0, 1, 1, 1])
        expect("the other agent's connections stay", agents[1].total("neoscope_courier_connections"), 3)
        expect("the revoked one does not come back", agents[0].total("neoscope_courier_connections"), 0)

        authority.revoke("collector", "node-3")
        nodes[1].take_list(authority)
        within("an agent leaves a revoked node", lambda: (
            agents[1].list_number(), agents[1].total("neoscope_courier_connections")) == (3, 2))
        within("the other nodes do too", lambda: [node.list_number() for node in nodes[:2]] == [3, 3])


def tokens():
    """A token that is made on one node counts on all, and one that is revoked on one counts nowhere."""
    with cluster(agents=0) as (_, nodes, _agents):
        answer = json.loads(nodes[0].token("create", "late", "--scope", "read", "--output", "json"))
        token, secret = answer["id"], answer["secret"]
        within("a token made on node-1 is good on node-3", lambda: nodes[2].status(secret) == 200)
        within("and on node-2", lambda: nodes[1].status(secret) == 200)
        nodes[1].token("revoke", token)
        within("a token revoked on node-2 is refused on all", lambda: [
            node.status(secret) for node in nodes] == [401] * 3)
        listed = [json.loads(node.token("list", "--output", "json")) for node in nodes]
        expect("the files agree", (listed[0] == listed[1], listed[1] == listed[2]), (True, True))

        nodes[2].kill()
        away = json.loads(nodes[0].token("create", "away", "--scope", "read", "--output", "json"))["secret"]
        within("a token is good on the nodes that are there", lambda: nodes[1].status(away) == 200)
        nodes[2].start()
        within("and on the one that was away", lambda: nodes[2].status(away) == 200, 15)

        # A file that is no good is left to its operator; once it is good again, what was told counts.
        with open(f"{nodes[2].own}/tokens.json", "r+b") as file:
            good = file.read()
            file.truncate(20)
        last = json.loads(nodes[0].token("create", "last", "--scope", "read", "--output", "json"))["secret"]
        within("who cannot keep a token says so", lambda: (
            nodes[2].components()["shared_credentials"][0], nodes[2].status(last)) == ("degraded", 401))
        with open(f"{nodes[2].own}/tokens.json", "wb") as file:
            file.write(good)
        within("and takes it when the file is good again", lambda: (
            nodes[2].components()["shared_credentials"][0], nodes[2].status(last)) == ("healthy", 200), 15)


if __name__ == "__main__":
    run({"revoke": revoke, "tokens": tokens})
