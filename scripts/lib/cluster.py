"""A cluster on this machine: certificates, processes, and the file that describes them.

Run by scripts/cluster; the process tests and the other scripts import it. Every process keeps its ports over restarts.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

from topology import Topology, TopologyFailure


def say(text):
    print(f"\033[1m==\033[0m {text}", file=sys.stderr, flush=True)


class Failure(Exception):
    """Why a cluster cannot be had; for people."""


class Cluster:
    """A cluster in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).absolute()
        self.path = self.folder / "cluster.json"
        self.facts = json.loads(self.path.read_text()) if self.path.exists() else None
        self.children = {}

    def __getstate__(self):
        """What readers in other processes need."""
        return {"folder": self.folder, "path": self.path, "facts": self.facts, "children": {}}

    # MARK: making one

    @classmethod
    def make(cls, folder, program, nodes=3, agents=2, replication=2, settings=(), topology=None):
        """Makes certificates and starts everything; returns once all are ready."""
        cluster = cls(folder)
        cluster.up(program, nodes, agents, replication, settings, topology)
        return cluster

    def up(self, program, nodes=3, agents=2, replication=2, settings=(), topology=None):
        """Makes certificates and starts everything; returns once all are ready.

        A topology says who there is, instead of the numbers; its addresses become free ports of loopback.
        """
        old = Cluster(self.folder)
        if old.facts and any(old.is_alive(entry) for entry in old.processes()):
            raise Failure(f"a cluster runs already in {self.folder}; end it with scripts/cluster down")
        self._clear(old)
        self.folder.mkdir(parents=True, exist_ok=True)
        if topology:
            replication, settings = topology.replication, topology.settings + list(settings)
            collectors = {host["name"]: topology.collector_settings(host) for host in topology.hosts("collector")}
            agents = {host["name"]: [] for host in topology.hosts("agent")}
        else:
            collectors, agents = self._numbered("node", nodes), self._numbered("agent", agents)
        self.facts = self._facts(os.path.abspath(program), collectors, agents, replication, list(settings))
        self._save()
        try:
            self.prepare()
            self._certify()
            for entry in self.processes():
                self.start(entry["name"], wait=False)
            for entry in self.processes():
                self._wait(entry)
            self.wait_for_members(len(collectors))
        except BaseException:
            self.down()
            raise

    @staticmethod
    def _clear(old):
        """Removes what an earlier cluster left; a folder that is somebody else's is left alone."""
        if not old.folder.exists() or not any(old.folder.iterdir()):
            return
        if not old.facts:
            raise Failure(f"{old.folder} is not empty and holds no cluster; choose another folder (CLUSTER_DIR)")
        known = {"pki", "cluster.json"} | {entry["name"] for entry in old.processes()}
        known |= {f"{entry['name']}.log" for entry in old.processes()}
        strange = sorted(path.name for path in old.folder.iterdir() if path.name not in known)
        if strange:
            raise Failure(f"{old.folder} holds {', '.join(strange[:5])}, which is no cluster's; move it away first")
        shutil.rmtree(old.folder)

    @staticmethod
    def _numbered(word, count):
        return {f"{word}-{number + 1}": [] for number in range(count)}

    def _facts(self, program, collectors, agents, replication, settings):
        pki = self.folder / "pki"
        facts = {
            "program": program,
            "replication": replication,
            "settings": settings,
            "ca": str(pki / "ca.crt"),
            "revocation_list": str(pki / "crl.pem"),
            "operator_certificate": str(pki / "issued/operator-local.crt"),
            "operator_key": str(pki / "issued/operator-local.key"),
            "token": "",
            "nodes": [],
            "agents": [],
        }
        ports = iter(self._free_ports(4 * len(collectors) + 3 * len(agents)))
        facts["nodes"] = [self._entry("collector", name, ports, own) for name, own in collectors.items()]
        facts["agents"] = [self._entry("agent", name, ports, own) for name, own in agents.items()]
        return facts

    def _entry(self, role, name, ports, settings=()):
        stem = self.folder / "pki" / "issued" / f"{role}-{name}"
        return {
            "name": name,
            "pid": None,
            "api": f"https://{self.host(name)}:{next(ports)}",
            "otlp_http": f"http://127.0.0.1:{next(ports)}",
            "otlp_grpc": f"http://127.0.0.1:{next(ports)}",
            "peer": f"{self.host(name)}:{next(ports)}" if role == "collector" else None,
            "data_dir": str(self.folder / name),
            "settings": list(settings),
            "certificate": f"{stem}.crt",
            "key": f"{stem}.key",
        }

    def prepare(self):
        """Nothing; others give processes what they want before they start."""

    def host(self, _name):
        """The address on which others reach a process."""
        return "127.0.0.1"

    def seeds(self):
        """The addresses at which the cluster is found."""
        return [node["peer"] for node in self.facts["nodes"]]

    @staticmethod
    def _free_ports(count):
        """Ports that are free now and that the system does not hand out by itself."""
        low = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        ports, candidate = [], 21000 + os.getpid() % 4000
        while len(ports) < count:
            candidate += 1
            if candidate >= min(low, 32000):
                candidate = 20001
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", candidate))
                except OSError:
                    continue
            if candidate not in ports:
                ports.append(candidate)
        return ports

    def _certify(self):
        pki = str(self.folder / "pki")
        self.command("pki", "init", "--dir", pki)
        for entry in self.processes():
            self.issue(entry)
        self.command("pki", "issue", "operator", "local", "--dir", pki)
        self.facts["token"] = self.command(
            "token", "create", "cluster", "--scope", "read", "--scope", "write", "--dir", pki).strip()
        self._save()

    @staticmethod
    def role(entry):
        """A process's role, as its certificate names it."""
        return "agent" if entry["peer"] is None else "collector"

    def pki(self, action, role, name, *options):
        """Has the authority issue, renew or revoke; gives what it printed."""
        return self.command("pki", action, role, name, *options, "--dir", str(self.folder / "pki"))

    def issue(self, entry):
        """Makes a process's certificate, for this machine's names."""
        addresses = [word for host in sorted({"127.0.0.1", self.host(entry["name"])}) for word in ("--ip", host)]
        self.pki("issue", self.role(entry), entry["name"], *addresses, "--dns", "localhost")

    def add_agent(self, name):
        """Starts one more agent, under a new certificate, and waits until it is ready."""
        entry = self._entry("agent", name, iter(self._free_ports(3)))
        self.issue(entry)
        self.facts["agents"].append(entry)
        return self.start(name)

    def command(self, *arguments, check=True):
        """Runs the program, and gives its standard output."""
        run = subprocess.run([self.facts["program"], *arguments], capture_output=True, text=True, timeout=60)
        if check and run.returncode != 0:
            raise Failure(f"neoscope {' '.join(arguments)}: {run.stderr.strip() or run.stdout.strip()}")
        return run.stdout

    def _save(self):
        beside = self.path.with_suffix(".tmp")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self.facts, file, indent=2)
            file.write("\n")
        os.replace(beside, self.path)

    # MARK: processes

    def processes(self):
        return self.facts["nodes"] + self.facts["agents"]

    def entry(self, name):
        for entry in self.processes():
            if entry["name"] == name:
                return entry
        raise Failure(f"there is no {name}; there are {', '.join(e['name'] for e in self.processes())}")

    @staticmethod
    def is_alive(entry):
        """Whether its process runs: its number may have been given to another one since."""
        if not entry["pid"]:
            return False
        place = pathlib.Path(f"/proc/{entry['pid']}")
        try:
            words = (place / "cmdline").read_bytes().split(b"\0")
            state = (place / "stat").read_text().rsplit(")", 1)[1].split()[0]
            # For a moment of its start and of its end a process has no words.
            return (words == [b""] or entry["data_dir"].encode() in words) and state not in "ZX"
        except (OSError, IndexError):
            return False

    def arguments(self, name):
        """The command line of a process, with the ports and the data that it had."""
        entry = self.entry(name)
        host = lambda url: url.split("://")[1]
        arguments = [
            self.facts["program"], self.role(entry), "--data-dir", entry["data_dir"],
            "--api", host(entry["api"]), "--otlp-http", host(entry["otlp_http"]),
            "--otlp-grpc", host(entry["otlp_grpc"]), "--ca", self.facts["ca"],
            "--certificate", entry["certificate"], "--key", entry["key"],
            "--revocation-list", self.facts["revocation_list"],
            "--set", f"host.name={name}-host", "--set", f"host.id={name}",
            "--set", f"api.tokens_file={self.folder / 'pki/tokens.json'}",
            "--set", "storage.low_disk_bytes=64MiB",
        ]
        for seed in self.seeds():
            arguments += ["--seed", seed]
        if self.role(entry) == "collector":
            arguments += ["--peer", entry["peer"], "--replication", str(self.facts["replication"])]
        for setting in entry.get("settings", []) + self.facts["settings"]:
            arguments += ["--set", setting]
        return arguments

    def start(self, name, wait=True):
        """Starts a process that does not run."""
        entry = self.entry(name)
        if self.is_alive(entry):
            raise Failure(f"{name} runs already, as process {entry['pid']}")
        arguments = self.arguments(name)
        pathlib.Path(entry["data_dir"]).mkdir(parents=True, exist_ok=True)
        (pathlib.Path(entry["data_dir"]) / "endpoints.json").unlink(missing_ok=True)
        with open(self.folder / f"{name}.log", "ab") as log:
            process = self.launch(entry, arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        entry["pid"] = process.pid
        self.children[name] = process
        self._save()
        if wait:
            self._wait(entry)
        return entry

    def launch(self, _entry, arguments, **streams):
        """Starts the process of a command line."""
        return subprocess.Popen(arguments, start_new_session=True, **streams)

    def _wait(self, entry, seconds=60):
        """Waits until a process has bound its addresses."""
        end = time.monotonic() + seconds
        ready = pathlib.Path(entry["data_dir"]) / "endpoints.json"
        while time.monotonic() < end:
            if ready.exists():
                addresses = json.loads(ready.read_text())
                entry.update({key: addresses[key] for key in ("api", "otlp_http", "otlp_grpc")})
                self._save()
                return
            if not self._lives(entry):
                break
            time.sleep(0.05)
        raise Failure(f"{entry['name']} is not ready: {self.last_words(entry)}")

    def _lives(self, entry):
        """Whether a process is there; one of ours until the last of its threads has ended."""
        child = self._child(entry)
        return child.poll() is None if child else self.is_alive(entry)

    def _child(self, entry):
        """The process of an entry where it was started here."""
        child = self.children.get(entry["name"])
        return child if child and child.pid == entry["pid"] else None

    def ended_with(self, entry):
        """The exit code of a process that was started here, below 0 for a signal; None where it runs, or is not known."""
        child = self._child(entry)
        return child.poll() if child else None

    def last_words(self, entry, count=3):
        """The last lines of a process's log."""
        log = self.folder / f"{entry['name']}.log"
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return " | ".join(line[:300] for line in lines[-count:])

    def signal(self, name, number, seconds=60):
        """Sends a signal that ends a process, and waits for the end."""
        entry = self.entry(name)
        if not self.is_alive(entry):
            return
        os.kill(entry["pid"], number)
        end = time.monotonic() + seconds
        while self._lives(entry):
            if time.monotonic() > end:
                raise Failure(f"{name} (process {entry['pid']}) does not end")
            time.sleep(0.02)

    def down(self):
        for entry in self.facts["agents"] + self.facts["nodes"]:
            if self.is_alive(entry):
                os.kill(entry["pid"], signal.SIGTERM)
        for entry in self.processes():
            try:
                self.signal(entry["name"], signal.SIGTERM)
            except Failure:
                self.signal(entry["name"], signal.SIGKILL)

    # MARK: asking

    def as_operator(self, node):
        """The options with which a command asks a node under the operator's certificate."""
        return ["--endpoint", node["api"], "--ca", self.facts["ca"], "--certificate", self.facts["operator_certificate"],
                "--key", self.facts["operator_key"]]

    def environment(self):
        """Of commands that ask; None for this process's own."""
        return None

    def ask(self, node, *arguments):
        """A command that asks a node, under the operator's certificate: its exit code, and what it said."""
        run = subprocess.run([self.facts["program"], *arguments, *self.as_operator(node)], capture_output=True, text=True,
                             timeout=90, env=self.environment(), check=False)
        return run.returncode, run.stdout if run.stdout.strip() else run.stderr

    def get(self, entry, path, timeout=30):
        """Asks a process's API, as the holder of the token; gives status and body."""
        context = ssl.create_default_context(cafile=self.facts["ca"]) if entry["api"].startswith("https") else None
        request = urllib.request.Request(entry["api"] + path, headers={"Authorization": f"Bearer {self.facts['token']}"})
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=context) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def metric(self, entry, name, timeout=30, **labels):
        """The sum of a metric's readings that have these labels."""
        status, body = self.get(entry, "/metrics", timeout)
        if status != 200:
            raise Failure(f"{entry['name']} answered {status}: {body[:200]!r}")
        total = 0.0
        for line in body.decode().splitlines():
            if line.startswith(name) and line[len(name)] in "{ ":
                if all(f'{key}="{value}"' in line for key, value in labels.items()):
                    total += float(line.rsplit(" ", 1)[1])
        return total

    def wait_for_members(self, count, seconds=30):
        """Waits until every living node sees so many members alive."""
        end = time.monotonic() + seconds
        views = {}
        while time.monotonic() < end:
            try:
                views = {node["name"]: int(self.metric(node, "neoscope_cluster_members", status="alive"))
                         for node in self.facts["nodes"] if self.is_alive(node)}
                if views and all(seen == count for seen in views.values()):
                    return
            except (OSError, Failure, ValueError, KeyError) as error:
                views = {"error": str(error)}
            time.sleep(0.1)
        raise Failure(f"expected {count} members alive everywhere, got {views}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/cluster")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up")
    up.add_argument("--nodes", type=int, default=3)
    up.add_argument("--agents", type=int, default=2)
    up.add_argument("--replication", type=int, default=2)
    up.add_argument("--set", action="append", default=[], dest="settings")
    up.add_argument("--topology")
    commands.add_parser("plan").add_argument("topology")
    for name in ("status", "down"):
        commands.add_parser(name)
    for name in ("start", "stop", "kill"):
        commands.add_parser(name).add_argument("name")
    arguments = parser.parse_args()
    folder = os.environ.get("CLUSTER_DIR", ".build/cluster")
    try:
        run(arguments, folder)
    except (Failure, TopologyFailure) as failure:
        print(f"error: {failure}", file=sys.stderr)
        sys.exit(1)


def run(arguments, folder):
    if arguments.command == "plan":
        print("\n".join(Topology(arguments.topology).plan()))
        return
    if arguments.command == "up":
        if arguments.topology:
            topology = Topology(arguments.topology)
            say(f"making certificates and starting {topology.path.name} on this machine")
            describe(Cluster.make(folder, os.environ["PROGRAM"], settings=arguments.settings, topology=topology))
            return
        if not 1 <= arguments.nodes <= 32 or not 0 <= arguments.agents <= 64:
            raise Failure("expected 1 to 32 nodes and at most 64 agents")
        say(f"making certificates and starting {arguments.nodes} collectors and {arguments.agents} agents")
        cluster = Cluster.make(folder, os.environ["PROGRAM"], arguments.nodes, arguments.agents,
                               arguments.replication, arguments.settings)
        describe(cluster)
        return
    cluster = Cluster(folder)
    if not cluster.facts:
        raise Failure(f"there is no cluster in {folder}; start one with scripts/cluster up")
    if arguments.command == "down":
        cluster.down()
        say("all processes have ended; their data stays until the next up")
    elif arguments.command == "status":
        describe(cluster)
        picture(cluster)
    elif arguments.command == "start":
        cluster.start(arguments.name)
    elif arguments.command == "stop":
        cluster.signal(arguments.name, signal.SIGTERM)
    else:
        cluster.signal(arguments.name, signal.SIGKILL)


def describe(cluster):
    facts = cluster.facts
    print(f"{'name':<10} {'process':<12} {'api':<26} {'otlp/http':<25} {'otlp/grpc':<25} peers")
    for entry in cluster.processes():
        state = str(entry["pid"]) if cluster.is_alive(entry) else "not running"
        print(f"{entry['name']:<10} {state:<12} {entry['api']:<26} {entry['otlp_http']:<25} {entry['otlp_grpc']:<25} "
              f"{entry['peer'] or '-'}")
    alive = [node for node in facts["nodes"] if cluster.is_alive(node)]
    if not alive:
        return
    options = " ".join(cluster.as_operator(alive[0]))
    for agent in facts["agents"][:1]:
        say(f"send OTLP to {agent['otlp_http']}, or: {facts['program']} load --endpoint {agent['otlp_http']}")
    say(f"look: {facts['program']} report {options}")


def picture(cluster):
    """What a living node says of the cluster; a cluster without one is none."""
    for node in cluster.facts["nodes"]:
        if cluster.is_alive(node):
            say(f"the cluster, as {node['name']} sees it")
            print(cluster.command("cluster", *cluster.as_operator(node)), end="", flush=True)
            return
    raise Failure("no collector runs; start them with scripts/cluster start NAME")


if __name__ == "__main__":
    main()
