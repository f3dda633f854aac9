"""A cluster as data: `cluster/topologies/*.yaml`, read and checked.

    hosts:                   one entry a process
      - name: node-1         the id in its certificate
        role: collector      or agent
        zone: a              of a collector; copies are spread over zones
        listen:              HOST:PORT of each door; `peer` is a collector's alone, what is absent is the default
          peer: 10.0.0.1:7940
    replication: 3           copies of everything
    confirmations: 2         copies before an agent lets go; absent is the default
    settings:                any keys of configs/reference.yaml, for all processes
      storage.retention_age: 7d

On one machine (scripts/cluster up --topology FILE) addresses are replaced by free ports of loopback.
"""

import pathlib
import re

DOORS = ("api", "otlp_http", "otlp_grpc", "peer")
OPTIONS = {"api": "--api", "otlp_http": "--otlp-http", "otlp_grpc": "--otlp-grpc", "peer": "--peer"}
DEFAULTS = {"api": "127.0.0.1:8900", "otlp_http": "127.0.0.1:4318", "otlp_grpc": "127.0.0.1:4317",
            "peer": "127.0.0.1:7940"}
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})")


class TopologyFailure(Exception):
    """What is wrong with a file; all of it, for people."""


class Topology:
    """A cluster that a file describes."""

    def __init__(self, path):
        try:
            import yaml  # pylint: disable=import-outside-toplevel
        except ImportError:
            raise TopologyFailure("PyYAML is missing; run: sudo apt-get install python3-yaml") from None
        self.path = pathlib.Path(path)
        try:
            self.facts = yaml.safe_load(self.path.read_text())
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise TopologyFailure(f"{path}: {error}") from None
        problems = list(self._problems())
        if problems:
            raise TopologyFailure("\n".join(f"{path}: {problem}" for problem in problems))

    # MARK: what it says

    def hosts(self, role):
        return [host for host in self.facts["hosts"] if host["role"] == role]

    @property
    def replication(self):
        return self.facts["replication"]

    @property
    def settings(self):
        """Of all processes, as `--set` takes them."""
        return [f"{key}={value}" for key, value in self.facts.get("settings", {}).items()]

    def collector_settings(self, host):
        """Of one collector, beside those of all."""
        settings = [f"cluster.zone={host['zone']}"] if "zone" in host else []
        if "confirmations" in self.facts:
            settings.append(f"cluster.confirmations={self.facts['confirmations']}")
        return settings

    def seeds(self):
        return [host["listen"]["peer"] for host in self.hosts("collector")]

    def plan(self):
        """What to type where, for hosts of their own."""
        yield f"# where the authority is: once, for {self.path.name}"
        yield "neoscope pki init"
        for host in self.facts["hosts"]:
            names = {self._host(address) for address in self._doors(host).values()} - {"127.0.0.1", "localhost"}
            options = [f"--{'ip' if re.fullmatch(r'[0-9.]+|.*:.*', name) else 'dns'} {name}" for name in sorted(names)]
            yield " ".join(["neoscope pki issue", host["role"], host["name"], *options])
        for host in self.facts["hosts"]:
            yield f"# on {host['name']}, with its certificate and key, ca.crt and crl.pem"
            yield " \\\n    ".join([f"neoscope {host['role']}", *self._arguments(host)])

    def _arguments(self, host):
        arguments = [f"{OPTIONS[door]} {address}" for door, address in self._doors(host).items()]
        own = host.get("listen", {}).get("peer")
        arguments += [f"--seed {seed}" for seed in self.seeds() if seed != own]
        stem = f"{host['role']}-{host['name']}"
        arguments.append(f"--ca ca.crt --revocation-list crl.pem --certificate {stem}.crt --key {stem}.key")
        if host["role"] == "collector":
            arguments.append(f"--replication {self.replication}")
            arguments += [f"--set {setting}" for setting in self.collector_settings(host)]
        return arguments + [f"--set {setting}" for setting in self.settings]

    def _doors(self, host):
        doors = [door for door in DOORS if door != "peer" or host["role"] == "collector"]
        return {door: host.get("listen", {}).get(door, DEFAULTS[door]) for door in doors}

    @staticmethod
    def _host(address):
        return address.rsplit(":", 1)[0].strip("[]")

    # MARK: what is wrong with it

    def _problems(self):
        if not isinstance(self.facts, dict):
            yield "expected hosts and replication"
            return
        known = {"hosts", "replication", "confirmations", "settings"}
        yield from (f"unknown key {key}" for key in self.facts if key not in known)
        hosts = self.facts.get("hosts")
        if not isinstance(hosts, list) or not all(isinstance(host, dict) for host in hosts):
            yield "expected hosts to be a list of processes"
            return
        for number, host in enumerate(hosts):
            yield from (f"host {host.get('name', number)}: {problem}" for problem in self._host_problems(host))
        yield from self._together(hosts)

    @staticmethod
    def _host_problems(host):
        yield from (f"unknown key {key}" for key in host if key not in ("name", "role", "zone", "listen"))
        if not NAME.fullmatch(str(host.get("name"))):
            yield "expected a name of small letters, digits, points and dashes"
        if host.get("role") not in ("collector", "agent"):
            yield "expected the role collector or agent"
        if host.get("role") == "agent" and "zone" in host:
            yield "an agent has no zone"
        listen = host.get("listen", {})
        if not isinstance(listen, dict):
            yield "expected listen to name doors"
            return
        doors = DOORS if host.get("role") == "collector" else DOORS[:3]
        for door, address in listen.items():
            match = ADDRESS.fullmatch(str(address))
            if door not in doors:
                yield f"unknown door {door}; there are {', '.join(doors)}"
            elif not match or not 1 <= int(match[2]) <= 65535:
                yield f"expected {door} as HOST:PORT, not {address}"
        if host.get("role") == "collector" and "peer" not in listen:
            yield "a collector needs a peer address that others reach"

    def _together(self, hosts):
        collectors = sum(1 for host in hosts if host.get("role") == "collector")
        if not 1 <= collectors <= 32:
            yield f"expected 1 to 32 collectors, not {collectors}"
        names = [str(host.get("name")) for host in hosts]
        yield from (f"the name {name} stands twice" for name in sorted(set(names)) if names.count(name) > 1)
        peers = [str((host.get("listen") or {}).get("peer")) for host in hosts if host.get("role") == "collector"]
        yield from (f"the address {peer} stands twice" for peer in sorted(set(peers)) if peers.count(peer) > 1)
        copies, confirmed = self.facts.get("replication"), self.facts.get("confirmations", 0)
        if not isinstance(copies, int) or not 1 <= copies <= min(5, max(collectors, 1)):
            yield f"expected replication to be 1 to 5, and at most the {collectors} collectors, not {copies}"
        elif not isinstance(confirmed, int) or not 0 <= confirmed <= copies:
            yield f"expected confirmations to be 0 to {copies}, not {confirmed}"
        if not isinstance(self.facts.get("settings", {}), dict):
            yield "expected settings to be keys and values"
