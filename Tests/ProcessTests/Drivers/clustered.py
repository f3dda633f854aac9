"""A cluster of real processes on loopback ports of their own: certificates, collectors, agents."""

import contextlib
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

from node import PROGRAM, Node, run_program, wait_until


class Member(Node):
    """A running `neoscope collector` or `neoscope agent` under a certificate of its own."""

    def __init__(self, place, role, name, seeds, *settings, data=None, pki="pki", environment=None):
        super().__init__(data or f"{place}/{name}", *settings, sensors="sensors.enabled=true" in settings)
        self.role, self.name = role, name
        self.log_path = f"{place}/{name}.log"
        self.command[1] = role
        # Who asks over loopback needs no credential then; the doors have tests of their own.
        self.command += ["--set", "api.tls=off"]
        self.certificate, self.key = (f"{place}/{pki}/issued/{role}-{name}.{end}" for end in ("crt", "key"))
        self.authority = f"{place}/{pki}/ca.crt"
        self.command += ["--ca", self.authority, "--certificate", self.certificate, "--key", self.key]
        self.command += ["--set", f"host.id=id-of-{name}", "--set", f"host.name={name}.example"]
        if role == "collector":
            self.command += ["--peer", "127.0.0.1:0"]
        for seed in seeds:
            self.command += ["--seed", seed]
        self.environment.update(environment or {})

    def start(self):
        super().start()
        if self.role == "collector":
            # Others know it by its address, which it keeps over restarts.
            self.command[self.command.index("--peer") + 1] = self.peer
        return self

    @property
    def peer(self):
        return self.endpoints["peer"]


@contextlib.contextmanager
def cluster(place, nodes=2, agents=0, settings=(), agent_settings=(), certified=None, **own):
    """Starts collectors, then agents, and waits until all collectors know each other; kills them in the end.

    `certified` is the environment in which certificates are made; `own` gives single members, by their names with `_`
    for `-`, what `Member` takes by name.
    """
    names, hosts = certify(place, nodes, agents, environment=certified)
    with contextlib.ExitStack() as stack:
        start = lambda *arguments: stack.enter_context(
            Member(place, *arguments, **own.get(arguments[1].replace("-", "_"), {}))
        )
        members = []
        for name in names:
            members.append(start("collector", name, [member.peer for member in members[:1]], *settings))
        know_each_other(members)
        seeds = [member.peer for member in members]
        yield members, [start("agent", name, seeds, *agent_settings) for name in hosts]


def certify(place, nodes, agents, pki="pki", environment=None):
    """Makes an authority and a certificate for each process; gives their names."""
    at = ["--dir", f"{place}/{pki}"]
    names = [f"node-{number + 1}" for number in range(nodes)]
    hosts = [f"host-{number + 1}" for number in range(agents)]
    must("pki", "init", *at, environment=environment)
    for name in names:
        must("pki", "issue", "collector", name, "--ip", "127.0.0.1", *at, environment=environment)
    for name in hosts:
        must("pki", "issue", "agent", name, *at, environment=environment)
    return names, hosts


def know_each_other(members, seconds=20):
    """Waits until each of these collectors knows all of them to be alive; tells whether they do."""
    alive = lambda member: member.get_json("/api/v1/cluster")["members"]["alive"]
    return all(wait_until(lambda: alive(member) == len(members), seconds) for member in members)


@contextlib.contextmanager
def other_clock(seconds):
    """The environment of processes whose wall clock is so far ahead, or behind where negative.

    `faketime` moves timers that count from the boot along with the wall clock, and changes the environment before Swift
    has found its arguments behind it: so this is a library of our own, by the compiler that builds the program.
    """
    with tempfile.TemporaryDirectory(prefix="neoscope-clock-") as place:
        source = str(pathlib.Path(__file__).with_name("wall_clock.c"))
        compiler = shutil.which("clang") or shutil.which("cc")
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", place + "/clock.so", source], check=True)
        environment = {"LD_PRELOAD": place + "/clock.so", "WALL_CLOCK": place + "/seconds"}
        set_clock(environment, seconds)
        yield environment


def set_clock(environment, seconds):
    """Puts the clock of running processes that have this environment."""
    with open(environment["WALL_CLOCK"], "r+b" if os.path.exists(environment["WALL_CLOCK"]) else "wb") as file:
        file.write(struct.pack("<q", seconds))


def must(*arguments, environment=None):
    """Runs a command of the program that has to succeed."""
    result = run_program(*arguments, environment=environment)
    if result.returncode != 0:
        raise RuntimeError(f"{PROGRAM} {' '.join(arguments)}: {result.stderr.decode()}")
    return result.stdout.decode()
