"""A cluster of real processes on loopback ports of their own: certificates, collectors, agents."""

import contextlib

from node import PROGRAM, Node, run_program, wait_until


class Member(Node):
    """A running `neoscope collector` or `neoscope agent` under a certificate of its own."""

    def __init__(self, place, role, name, seeds, *settings):
        super().__init__(f"{place}/{name}", *settings, sensors="sensors.enabled=true" in settings)
        self.name = name
        self.command[1] = role
        # Who asks over loopback needs no credential then; the doors have tests of their own.
        self.command += ["--set", "api.tls=off"]
        certificate = f"{place}/pki/issued/{role}-{name}"
        self.command += ["--ca", f"{place}/pki/ca.crt", "--certificate", certificate + ".crt", "--key", certificate + ".key"]
        self.command += ["--set", f"host.id=id-of-{name}", "--set", f"host.name={name}.example"]
        if role == "collector":
            self.command += ["--peer", "127.0.0.1:0"]
        for seed in seeds:
            self.command += ["--seed", seed]

    @property
    def peer(self):
        return self.endpoints["peer"]


@contextlib.contextmanager
def cluster(place, nodes=2, agents=0, settings=(), agent_settings=()):
    """Starts collectors, then agents, and waits until all collectors know each other; kills them in the end."""
    at = ["--dir", place + "/pki"]
    names = [f"node-{number + 1}" for number in range(nodes)]
    hosts = [f"host-{number + 1}" for number in range(agents)]
    _must("pki", "init", *at)
    for name in names:
        _must("pki", "issue", "collector", name, "--ip", "127.0.0.1", *at)
    for name in hosts:
        _must("pki", "issue", "agent", name, *at)
    with contextlib.ExitStack() as stack:
        members = []
        for name in names:
            seeds = [member.peer for member in members[:1]]
            members.append(stack.enter_context(Member(place, "collector", name, seeds, *settings)))
        for member in members:
            wait_until(lambda: member.get_json("/api/v1/cluster")["members"]["alive"] == nodes, 20)
        seeds = [member.peer for member in members]
        clients = [stack.enter_context(Member(place, "agent", name, seeds, *agent_settings)) for name in hosts]
        yield members, clients


def _must(*arguments):
    result = run_program(*arguments)
    if result.returncode != 0:
        raise RuntimeError(f"{PROGRAM} {' '.join(arguments)}: {result.stderr.decode()}")
