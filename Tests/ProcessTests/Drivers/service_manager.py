"""The process under a service manager: the test plays systemd, with a datagram socket, and hears what it is told."""

import os
import signal
import socket
import time

from checks import expect, expect_that, run
from clustered import Member, certify
from node import Node, folder, wait_until
from otlp import identifiers, plain_trace

WATCHDOG_SECONDS = 1.0


class Manager:
    """What systemd does for Type=notify: a socket, by path or abstract, and the variables that name it."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        self.socket.settimeout(0.05)
        self.environment = {
            "NOTIFY_SOCKET": address, "WATCHDOG_USEC": str(int(WATCHDOG_SECONDS * 1e6)),
        }
        self.heard = []  # (moment, line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def listen(self, seconds):
        """Hears what comes for so long, or what has come already."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                lines = self.socket.recv(65536).decode().split("\n")
                self.heard += [(time.monotonic(), line) for line in lines]
            except TimeoutError:
                pass
            if time.monotonic() >= deadline:
                return self

    def count(self, line, since=0.0):
        return sum(1 for moment, other in self.heard if other == line and moment >= since)

    def hears(self, line, seconds, since=0.0):
        """Waits until a line has come."""
        return wait_until(lambda: self.listen(0).count(line, since) > 0, seconds, 0.01)

    def lines(self):
        return [line for _, line in self.heard]


def _check_life(manager, node, name):
    """Signs of life come twice in the time the manager grants, and none from a process that stands still."""
    began = time.monotonic()
    manager.listen(3 * WATCHDOG_SECONDS)
    signs = [moment for moment, line in manager.heard if line == "WATCHDOG=1" and moment >= began]
    expect_that(f"{name}: signs of life come", len(signs) >= 4, manager.lines())
    gaps = [later - sooner for sooner, later in zip(signs, signs[1:])]
    expect_that(f"{name}: none is late", max(gaps, default=9) < WATCHDOG_SECONDS, gaps)
    node.process.send_signal(signal.SIGSTOP)
    manager.listen(0.3)
    stopped = time.monotonic()
    manager.listen(2 * WATCHDOG_SECONDS)
    expect(f"{name}: a process that stands still gives none", manager.count("WATCHDOG=1", stopped), 0)
    node.process.send_signal(signal.SIGCONT)
    resumed = time.monotonic()
    expect_that(f"{name}: they come again afterwards", manager.hears("WATCHDOG=1", 5, resumed), manager.lines()[-5:])


def single():
    """READY after the doors are open, signs of life, STOPPING as the end begins; over both kinds of socket."""
    with folder() as place:
        for number, address in enumerate((place + "/notify", f"@neoscope-test-{os.getpid()}")):
            with Manager(address) as manager:
                node = Node(f"{place}/data-{number}")
                node.environment.update(manager.environment)
                with node:
                    expect_that(f"{address[0]}: READY", manager.hears("READY=1", 5), manager.lines())
                    trace = plain_trace(identifiers(300 + number))[1].SerializeToString()
                    expect(f"{address[0]}: the doors are open then", node.post("/v1/traces", trace)[0], 200)
                    expect_that(f"{address[0]}: STATUS", manager.hears("STATUS=healthy", 5), manager.lines())
                    _check_life(manager, node, address[0])
                    expect(f"{address[0]}: READY came once", manager.count("READY=1"), 1)
                    expect(f"{address[0]}: no STOPPING before", manager.count("STOPPING=1"), 0)
                    node.process.terminate()
                    expect_that(f"{address[0]}: STOPPING", manager.hears("STOPPING=1", 10), manager.lines()[-5:])
                    expect(f"{address[0]}: exit code", node.process.wait(30), 0)
                    ended = [line for line in manager.listen(0.2).lines() if line in ("STOPPING=1", "WATCHDOG=1")]
                    expect(f"{address[0]}: no sign of life behind STOPPING", ended[-1], "STOPPING=1")


def cluster():
    """A collector and an agent, and a reload of each: RELOADING, then READY again."""
    with folder() as place, Manager(place + "/c") as first, Manager(place + "/a") as second:
        names, hosts = certify(place, 1, 1)
        settings = ("cluster.replication=1",)
        collector = Member(place, "collector", names[0], [], *settings, environment=first.environment)
        with collector:
            agent = Member(place, "agent", hosts[0], [collector.peer], environment=second.environment)
            with agent:
                for name, node, manager in (("collector", collector, first), ("agent", agent, second)):
                    expect_that(f"{name}: READY", manager.hears("READY=1", 20), manager.lines())
                    _check_life(manager, node, name)
                    began = time.monotonic()
                    node.process.send_signal(signal.SIGHUP)
                    expect_that(f"{name}: RELOADING", manager.hears("RELOADING=1", 5, began), manager.lines()[-5:])
                    expect_that(f"{name}: READY again", manager.hears("READY=1", 5, began), manager.lines()[-5:])
                    said = [line for line in manager.lines() if line.startswith("MONOTONIC_USEC=")]
                    expect(f"{name}: the moment of the reload is told", len(said), 1)
                    clock = int(said[0].split("=")[1]) / 1e6 if said else 0
                    expect_that(f"{name}: on the clock of the system", abs(time.monotonic() - clock) < 10, said)
                expect("agent: exit code", agent.stop(), 0)
                expect_that("agent: STOPPING", second.hears("STOPPING=1", 1), second.lines()[-5:])
            expect("collector: exit code", collector.stop(), 0)
            expect_that("collector: STOPPING", first.hears("STOPPING=1", 1), first.lines()[-5:])


def nobody():
    """Without a manager, with one that is gone, and with a watchdog of another process, it runs as ever."""
    with folder() as place:
        strange = {
            "a socket that is not there": {"NOTIFY_SOCKET": place + "/nothing", "WATCHDOG_USEC": "1000000"},
            "no socket at all": {"WATCHDOG_USEC": "1000000"},
            "a word": {"NOTIFY_SOCKET": "word"},
        }
        for number, (name, environment) in enumerate(strange.items()):
            node = Node(f"{place}/data-{number}")
            node.environment.update(environment)
            with node:
                expect_that(f"{name}: it is ready", node.is_ready())
                expect(f"{name}: exit code", node.stop(), 0)
        with Manager(place + "/notify") as manager:
            node = Node(place + "/data")
            node.environment.update(manager.environment, WATCHDOG_PID="1")
            with node:
                expect_that("the watchdog of another: READY", manager.hears("READY=1", 5), manager.lines())
                expect("the watchdog of another: no sign of life", manager.listen(1.5).count("WATCHDOG=1"), 0)


if __name__ == "__main__":
    run({"single": single, "cluster": cluster, "nobody": nobody})
