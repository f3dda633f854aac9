"""What operators copy: topologies, units of systemd, objects of Kubernetes; checked without any of these running."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

import kubernetes_validate
import yaml
from checks import expect, expect_that, figure, run
from cluster import Cluster
from clustered import Member, certify
from node import PROGRAM, folder, run_program, wait_until
from otlp import identifiers, plain_trace
from topology import Topology, TopologyFailure

# Every file of cluster/ and configs/ belongs to a test that loads it; who adds a kind of file adds its test here.
LOADED = {
    "cluster/scenarios/*.yaml": "cluster_commands.simulate",
    "cluster/topologies/*.yaml": "deployment.topologies",
    "cluster/systemd/neoscope-*.service": "deployment.systemd",
    "cluster/systemd/*.yaml": "deployment.systemd",
    "cluster/systemd/neoscope.sysusers": "deployment.systemd",
    "cluster/systemd/neoscope.tmpfiles": "deployment.systemd",
    "cluster/kubernetes/*.yaml": "deployment.kubernetes",
    "configs/*.yaml": "ConfigurationFilesTests, OpenAPITests",
}


def every_file():
    """No file lies there that nobody loads."""
    files = [path for place in ("cluster", "configs") for path in (ROOT / place).rglob("*") if path.is_file()]
    strange = [str(path.relative_to(ROOT)) for path in files
               if path.suffix != ".md" and not any(path.relative_to(ROOT).match(pattern) for pattern in LOADED)]
    expect("files that no test loads", strange, [])
    for pattern in LOADED:
        expect_that(f"there are {pattern}", list(ROOT.glob(pattern)))
    for path in files:
        if path.suffix == ".yaml":
            with path.open(encoding="utf-8") as file:
                expect_that(f"{path.name} is YAML", any(True for _ in yaml.safe_load_all(file)))


# MARK: topologies


def topologies():
    """Every topology is read; what is wrong with one is told, all of it."""
    paths = sorted((ROOT / "cluster/topologies").glob("*.yaml"))
    expect_that("there are topologies", len(paths) >= 4, paths)
    for path in paths:
        topology = Topology(path)
        plan = "\n".join(topology.plan())
        for host in topology.facts["hosts"]:
            expect_that(f"{path.name}: {host['name']} is in the plan", f"issue {host['role']} {host['name']}" in plan)
            arguments = [f"--set={setting}" for setting in topology.settings]
            keys = {"api": "api", "otlp_http": "otlp.http", "otlp_grpc": "otlp.grpc", "peer": "cluster"}
            arguments += [f"--set={keys[door]}.listen={address}" for door, address in host.get("listen", {}).items()]
            if host["role"] == "collector":
                arguments += [f"--set={one}" for one in topology.collector_settings(host)]
                arguments += [f"--set=cluster.replication={topology.replication}"]
            seeds = ",".join(topology.seeds())
            result = run_program("config", "validate", "--for", host["role"], f"--set=cluster.seeds={seeds}",
                                 "--set=tls.ca=x", "--set=tls.certificate=x", "--set=tls.key=x", *arguments)
            expect(f"{path.name}: settings of {host['name']}", (result.returncode, result.stderr), (0, b""))
    good = {"name": "a", "role": "collector", "listen": {"peer": "10.0.0.1:7940"}}
    other = {**good, "name": "b", "listen": {"peer": "10.0.0.2:7940"}}
    bad = {
        "expected hosts and replication": [1],
        "unknown key nodes": {"hosts": [good], "replication": 1, "nodes": 3},
        "expected hosts to be a list": {"hosts": {"a": good}, "replication": 1},
        "unknown key port": {"hosts": [{**good, "port": 1}], "replication": 1},
        "expected a name": {"hosts": [{**good, "name": "../a"}], "replication": 1},
        "expected the role": {"hosts": [{**good, "role": "boss"}], "replication": 1},
        "an agent has no zone": {"hosts": [good, {"name": "b", "role": "agent", "zone": "z"}], "replication": 1},
        "unknown door": {"hosts": [{**good, "listen": {"peer": "h:1", "web": "h:2"}}], "replication": 1},
        "as HOST:PORT": {"hosts": [{**good, "listen": {"peer": "10.0.0.1"}}], "replication": 1},
        "needs a peer address": {"hosts": [{"name": "a", "role": "collector"}], "replication": 1},
        "1 to 32 collectors": {"hosts": [{"name": "a", "role": "agent"}], "replication": 1},
        "the name a stands twice": {"hosts": [good, {**other, "name": "a"}], "replication": 1},
        "the address 10.0.0.1:7940": {"hosts": [good, {**good, "name": "b"}], "replication": 1},
        "replication to be 1 to 5": {"hosts": [good, other], "replication": 3},
        "confirmations to be 0 to 2": {"hosts": [good, other], "replication": 2, "confirmations": 3},
        "settings to be keys": {"hosts": [good], "replication": 1, "settings": ["x"]},
    }
    with folder() as place:
        for words, facts in bad.items():
            path = pathlib.Path(place, "bad.yaml")
            path.write_text(yaml.safe_dump(facts), encoding="utf-8")
            expect_that(f"{words}: it is told", words in _failure(path), _failure(path))
        path.write_text("hosts: [", encoding="utf-8")
        expect_that("no YAML is told", "bad.yaml" in _failure(path))
        expect_that("no file is told", "nothing.yaml" in _failure(pathlib.Path(place, "nothing.yaml")))


def _failure(path):
    try:
        Topology(path)
    except TopologyFailure as failure:
        return str(failure)
    return "no failure"


def zones():
    """Three zones on this machine, as the file says: each trace is to have a copy in each."""
    topology = Topology(ROOT / "cluster/topologies/three-zones.yaml")
    with tempfile.TemporaryDirectory(prefix="ns-") as place:
        settings = ["sensors.enabled=false", "threads=1"]
        made = Cluster.make(f"{place}/c", PROGRAM, settings=settings, topology=topology)
        try:
            names = [host["name"] for host in topology.hosts("collector")]
            expect("the collectors of the file", [node["name"] for node in made.facts["nodes"]], names)
            zone = {host["name"]: host["zone"] for host in topology.hosts("collector")}
            access = [*made.as_operator(made.facts["nodes"][0]), "--output", "json"]
            parameters = yaml.safe_load(made.command("cluster", "parameters", *access))
            expect("copies and confirmations", (parameters["replication"], parameters["confirmations"]), (3, 2))
            for number in range(1, 20):
                text = made.command("cluster", "placement", f"{number * 7919:032x}", *access)
                owners = yaml.safe_load(text)["owners"]
                found = sorted(zone[one if isinstance(one, str) else one["node"]] for one in owners)
                expect(f"zones of trace {number}", found, ["a", "b", "c"])
        finally:
            made.down()


# MARK: systemd


def systemd():
    """systemd takes the units, and finds little to object to; what they name is valid and fits the program."""
    tool = shutil.which("systemd-analyze")
    if not expect_that("systemd-analyze is installed (scripts/lib/peers.sh)", tool):
        return
    protocol = (ROOT / "Sources/Cluster/Protocol/PeerProtocol.swift").read_text(encoding="utf-8")
    drain = sum(int(number) for number in re.findall(r"(?:drain|handover)Seconds = (\d+)", protocol))
    for role in ("collector", "agent"):
        path = ROOT / f"cluster/systemd/neoscope-{role}.service"
        with folder() as place:
            # The program is where packages put it; here it is where it was built.
            copy = f"{place}/{path.name}"
            with open(copy, "w", encoding="utf-8") as file:
                file.write(path.read_text(encoding="utf-8").replace("/usr/bin/neoscope", PROGRAM))
            result = subprocess.run([tool, "verify", "--man=no", "--recursive-errors=no", copy],
                                    capture_output=True, text=True, timeout=60)
            expect(f"{role}: verify", (result.returncode, result.stdout + result.stderr), (0, ""))
            result = subprocess.run([tool, "security", "--offline=true", "--threshold=20", "--no-pager", copy],
                                    capture_output=True, text=True, timeout=60)
            expect_that(f"{role}: exposure is at most 2.0", result.returncode == 0, result.stdout[-300:])
            figure(f"{role}: exposure", re.search(r"level for \S+: ([\d.]+)", result.stdout)[1])
        unit = _unit(path)
        expect(f"{role}: it waits for READY", unit["Type"], ["notify"])
        stop = unit["TimeoutStopSec"]
        expect_that(f"{role}: a stop may drain", _seconds(stop[0]) >= (2 * drain if role == "collector" else 30), stop)
        expect_that(f"{role}: it is watched", 10 <= _seconds(unit["WatchdogSec"][0]) <= 120, unit["WatchdogSec"])
        expect(f"{role}: keys come as credentials", [one.split(":")[0] for one in unit["LoadCredential"]],
               ["certificate", "key"])
        _check_configuration(role, unit)
    for name in ("sysusers", "tmpfiles"):
        lines = (ROOT / f"cluster/systemd/neoscope.{name}").read_text(encoding="utf-8").splitlines()
        expect_that(f"{name}: it says something", [line for line in lines if line and line[0] != "#"])
    with folder() as root:
        users = ["systemd-sysusers", "--dry-run", f"--root={root}", str(ROOT / "cluster/systemd/neoscope.sysusers")]
        result = subprocess.run(users, capture_output=True, text=True, timeout=60)
        text = result.stdout + result.stderr
        expect("sysusers: it is understood", (result.returncode, "neoscope" in text), (0, True))


def _check_configuration(role, unit):
    """The sample file is valid for that command, and its folders are those of the unit."""
    path = ROOT / f"cluster/systemd/{role}.yaml"
    words = unit["ExecStart"][0].split()
    expect(f"{role}: the command", words[:2], ["/usr/bin/neoscope", role])
    expect_that(f"{role}: the file", words[words.index("--config") + 1] == f"/etc/neoscope/{role}.yaml", words)
    result = run_program("config", "validate", "--for", role, "--config", str(path),
                         "--set=tls.certificate=x", "--set=tls.key=x")
    expect(f"{role}: the file is valid", (result.returncode, result.stderr), (0, b""))
    facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    state = f"/var/lib/{unit['StateDirectory'][0]}"
    expect(f"{role}: it stores where it may write", facts["data_dir"], state)
    expect(f"{role}: it may replace the revocation list", facts["tls"]["revocation_list"], state + "/crl.pem")
    limit = unit["MemoryMax"][0]
    expect_that(f"{role}: memory is limited", limit[-1] in "MG", limit)


def _unit(path):
    """The settings of a unit; each a list, as some may stand more than once."""
    settings = {}
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if "=" in line and line[0] not in "#[":
            name, value = line.split("=", 1)
            settings.setdefault(name, []).append(value.strip())
    return settings


def _seconds(text):
    number, unit = re.fullmatch(r"(\d+)(s|min)?", text).groups()
    return int(number) * (60 if unit == "min" else 1)


# MARK: Kubernetes


def kubernetes():
    """Kubernetes knows every field; objects name only what is there; the files inside are valid; an end may drain."""
    place = ROOT / "cluster/kubernetes"
    listed = yaml.safe_load((place / "kustomization.yaml").read_text(encoding="utf-8"))
    files = sorted(path.name for path in place.glob("*.yaml") if path.name != "kustomization.yaml")
    expect("the kustomization lists every file", sorted(listed["resources"]), files)
    objects = [one for name in files for one in yaml.safe_load_all((place / name).read_text(encoding="utf-8"))]
    version = kubernetes_validate.latest_version()
    for one in objects:
        name = f"{one['kind']} {one['metadata']['name']}"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                kubernetes_validate.validate(one, version, strict=True)
            problem = ""
        except Exception as error:  # pylint: disable=broad-except
            problem = str(error)
        expect(f"{name}: fits the schema", problem, "")
        if one["kind"] != "Namespace":
            expect(f"{name}: namespace", one["metadata"].get("namespace"), listed["namespace"])
    broken = dict(objects[-1], spec={"replicas": "three"})
    with contextlib.suppress(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, version, strict=True)
        expect_that("what does not fit is found", False)
    by_kind = {(one["kind"], one["metadata"]["name"]): one for one in objects}
    config = by_kind["ConfigMap", "neoscope"]["data"]
    for role, kind in (("collector", "StatefulSet"), ("agent", "DaemonSet")):
        _check_workload(role, by_kind[kind, f"neoscope-{role}"], by_kind, config)
    _check_collectors(by_kind, config)


def _check_workload(role, workload, by_kind, config):
    template = workload["spec"]["template"]
    labels, spec = template["metadata"]["labels"], template["spec"]
    expect(f"{role}: it selects its own pods", workload["spec"]["selector"]["matchLabels"], labels)
    expect_that(f"{role}: the account", ("ServiceAccount", spec["serviceAccountName"]) in by_kind)
    container = next(one for one in spec["containers"] if one["name"] == role)
    expect(f"{role}: the command", container["command"], ["/usr/bin/neoscope", role])
    volumes = {one["name"] for one in spec["volumes"]}
    volumes |= {one["metadata"]["name"] for one in workload["spec"].get("volumeClaimTemplates", [])}
    for one in spec["containers"] + spec["initContainers"]:
        mounted = {mount["name"] for mount in one["volumeMounts"]}
        expect(f"{role}: volumes of {one['name']}", sorted(mounted - volumes), [])
        guard = one["securityContext"]
        expect(f"{role}: {one['name']} may little", (guard["allowPrivilegeEscalation"], guard["capabilities"],
                                                    guard["readOnlyRootFilesystem"]), (False, {"drop": ["ALL"]}, True))
    for one in spec["volumes"]:
        if "hostPath" in one and one["name"] != "data":
            mount = next(mount for mount in container["volumeMounts"] if mount["name"] == one["name"])
            expect_that(f"{role}: {one['name']} of the host is read only", mount.get("readOnly"), mount)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    facts = yaml.safe_load(config[f"{role}.yaml"])
    listens = {"api": facts["api"]["listen"], "otlp-http": facts["otlp"]["http"]["listen"],
               "otlp-grpc": facts["otlp"]["grpc"]["listen"], "peer": facts["cluster"].get("listen")}
    for name, port in ports.items():
        expect(f"{role}: port {name}", port, int(listens[name].rsplit(":", 1)[1]))
    for (kind, name), service in by_kind.items():
        if kind == "Service" and service["spec"]["selector"].items() <= labels.items():
            strange = [one["name"] for one in service["spec"]["ports"] if one["targetPort"] not in ports]
            expect(f"{role}: ports of the service {name}", strange, [])
    probes = {"livenessProbe": "/livez", "readinessProbe": "/readyz"}
    for probe, path in probes.items():
        expect(f"{role}: {probe}", container[probe]["httpGet"]["path"], path)
    _check_file(role, config[f"{role}.yaml"], container)


def _check_file(role, text, container):
    """The file inside the ConfigMap, under the variables of its container."""
    with folder() as place:
        with open(f"{place}/{role}.yaml", "w", encoding="utf-8") as file:
            file.write(text)
        known = {"POD_NAME": "neoscope-collector-0", "POD_NAMESPACE": "neoscope"}
        fill = lambda text: re.sub(r"\$\((\w+)\)", lambda match: known[match[1]], text)
        environment = {one["name"]: fill(one.get("value", "zone-a")) for one in container["env"]
                       if one["name"].startswith("NEOSCOPE_")}
        result = run_program("config", "validate", "--for", role, "--config", f"{place}/{role}.yaml",
                             environment=environment)
        expect(f"{role}: its configuration is valid", (result.returncode, result.stderr), (0, b""))
        result = run_program("config", "print", "--config", f"{place}/{role}.yaml", "--output", "json",
                             environment=environment)
        known = {line["key"]: line["value"] for line in yaml.safe_load(result.stdout)}
        if role == "collector":
            expect("collector: the zone reaches it", known["cluster.zone"], "zone-a")
            seeds = yaml.safe_load(text)["cluster"]["seeds"]
            expect_that("collector: it is known as it is sought", known["cluster.advertise"] in seeds, known)
        expect(f"{role}: the name reaches it", known["host.name"], "zone-a")


def _check_collectors(by_kind, config):
    collector = by_kind["StatefulSet", "neoscope-collector"]["spec"]
    headless = by_kind["Service", collector["serviceName"]]["spec"]
    expect("names before readiness", (headless["clusterIP"], headless["publishNotReadyAddresses"]), ("None", True))
    seeds = [f"neoscope-collector-{number}.{collector['serviceName']}.neoscope.svc:7940"
             for number in range(collector["replicas"])]
    for file in ("collector.yaml", "agent.yaml"):
        expect(f"{file}: all collectors are seeds", yaml.safe_load(config[file])["cluster"]["seeds"], seeds)
    facts = yaml.safe_load(config["collector.yaml"])["cluster"]
    budget = by_kind["PodDisruptionBudget", "neoscope-collector"]["spec"]
    expect("the budget is theirs", budget["selector"]["matchLabels"], collector["selector"]["matchLabels"])
    spare = facts["replication"] - facts["confirmations"]
    expect_that("so many may be away at a time", budget["maxUnavailable"] <= spare, (budget, facts))
    spec = collector["template"]["spec"]
    expect_that("an end may drain", spec["terminationGracePeriodSeconds"] >= 60)
    words = " ".join(spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"])
    expect_that("it drains before it stops", "neoscope cluster drain" in words, words)
    expect_that("one pod a host", spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"])


def shared_certificate():
    """All agents of a DaemonSet show one certificate: what each took is read, once."""
    with folder() as place:
        names, hosts = certify(place, 1, 1)
        with Member(place, "collector", names[0], [], "cluster.replication=1") as collector:
            agents = [Member(place, "agent", hosts[0], [collector.peer], data=f"{place}/data-{n}") for n in range(2)]
            for number, agent in enumerate(agents):
                agent.command += ["--set", f"host.id=host-{number}"]
            with agents[0], agents[1]:
                for number in range(6):
                    trace_id, request = plain_trace(identifiers(500 + number), 3)
                    status = agents[number % 2].post("/v1/traces", request.SerializeToString())[0]
                    expect(f"trace {number} is taken", status, 200)
                    found = wait_until(lambda: collector.get("/api/v1/traces/" + trace_id.hex())[0] == 200, 20)
                    expect_that(f"trace {number} is read", found)
                    spans = collector.get_json("/api/v1/traces/" + trace_id.hex())
                    expect(f"trace {number}: once", (spans["span_count"], spans["duplicate_spans"]), (3, 0))
                expect("accounts close", collector.closed_accounts(), {})


SCENARIOS = {
    "every_file": every_file,
    "topologies": topologies,
    "zones": zones,
    "systemd": systemd,
    "kubernetes": kubernetes,
    "shared_certificate": shared_certificate,
}

if __name__ == "__main__":
    run(SCENARIOS)
