"""A cluster whose processes, links, disks and clocks can be made to fail."""

import ctypes
import os
import pathlib
import shutil
import signal
import struct
import subprocess

from cluster import Cluster

_ROOT = pathlib.Path(__file__).parent.parent.parent
_SHIMS = {
    "SLOW_DISK": _ROOT / "scripts/lib/slow_disk.c",
    "WALL_CLOCK": _ROOT / "Tests/ProcessTests/Drivers/wall_clock.c",
}
# Certificates are valid for clocks that are late, too.
LONG_AGO = -48 * 3600
# Of a disk that can be filled; what comes in within two minutes has room.
_SMALL_DISK = "256m"
_libc = ctypes.CDLL(None)


def end_with_parent():
    """Asks the kernel to end a process with the one that started it."""
    _libc.prctl(1, signal.SIGKILL)


class FaultyCluster(Cluster):
    """A cluster on a network of its own.

    An entry may have: `prefix` (what its command line begins with), `program` (another binary than the cluster's),
    `settings` (of its own), `environment`.
    """

    def __init__(self, folder, network=None):
        super().__init__(folder)
        self.network = network
        self.certified = {}

    # MARK: processes

    def host(self, name):
        return self.network.host(name)

    def seeds(self):
        return [self.network.address(node) or node["peer"] for node in self.facts["nodes"]]

    def arguments(self, name):
        entry = self.entry(name)
        arguments = super().arguments(name)
        arguments[0] = entry.get("program", arguments[0])
        advertised = self.network.address(entry) if entry["peer"] else None
        for setting in [*([f"cluster.advertise={advertised}"] if advertised else []), *entry.get("settings", [])]:
            arguments += ["--set", setting]
        return arguments

    def launch(self, entry, arguments, **streams):
        entry["prefix"] = self.network.prefix(entry["name"])
        return subprocess.Popen([*entry["prefix"], *arguments], start_new_session=True, preexec_fn=end_with_parent,
                                env={**_clean_environment(), **entry.get("environment", {})}, **streams)

    def command(self, *arguments, check=True):
        environment = {**_clean_environment(), **(self.certified if arguments[0] == "pki" else {})}
        run = subprocess.run([self.facts["program"], *arguments], capture_output=True, text=True, timeout=90,
                             env=environment, check=False)
        if check and run.returncode != 0:
            raise RuntimeError(f"neoscope {' '.join(arguments)}: {run.stderr.strip() or run.stdout.strip()}")
        return run.stdout

    def environment(self):
        return _clean_environment()

    def add_node(self, name):
        """Starts one more collector, under a new certificate."""
        entry = self._entry("collector", name, iter(self._free_ports(4)))
        self.issue(entry)
        self.facts["nodes"].append(entry)
        return self.start(name)

    def free_port(self):
        taken = {int(entry[key].rsplit(":", 1)[1]) for entry in self.processes()
                 for key in ("api", "otlp_http", "otlp_grpc", "peer") if entry[key]}
        ports = self._free_ports(len(taken) + 1 + len(getattr(self.network, "addresses", {})))
        given = {int(address.rsplit(":", 1)[1]) for address in getattr(self.network, "addresses", {}).values()}
        return next(port for port in ports if port not in taken | given)

    def kill_all(self):
        """Ends every process at once, also those that stand still."""
        if not self.facts:
            return
        for entry in self.processes():
            if self.is_alive(entry):
                os.kill(entry["pid"], signal.SIGKILL)
        for entry in self.processes():
            if entry["pid"]:
                self.signal(entry["name"], signal.SIGKILL)
            if entry.get("has_small_disk"):
                subprocess.run(["umount", "-l", entry["data_dir"]], check=False)

    # MARK: shims

    def preload(self, entry, variable, number):
        """Has a process started with a library that heeds a number, which can be changed while it runs."""
        library, place = self._shim(variable), self.folder / f"{entry['name']}.{variable.lower()}"
        _write_number(place, number)
        environment = entry.setdefault("environment", {})
        environment[variable] = str(place)
        known = environment.get("LD_PRELOAD", "")
        environment["LD_PRELOAD"] = ":".join(filter(None, [known, library]))

    def set_number(self, entry, variable, number):
        _write_number(pathlib.Path(entry["environment"][variable]), number)

    @staticmethod
    def heeded(entry, variable):
        """How often a library did what its number says, over all starts of a process."""
        with open(entry["environment"][variable], "rb") as file:
            return struct.unpack("<qq", file.read(16))[1]

    def certify_long_ago(self):
        """Has certificates made by a clock that is two days behind."""
        place = self.folder / "certified"
        _write_number(place, LONG_AGO)
        self.certified = {"LD_PRELOAD": self._shim("WALL_CLOCK"), "WALL_CLOCK": str(place)}

    def _shim(self, variable):
        """The library, compiled once a cluster."""
        library = self.folder / f"{variable.lower()}.so"
        if not library.exists():
            compiler = shutil.which("clang") or shutil.which("cc")
            subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, _SHIMS[variable]], check=True)
        return str(library)

    # MARK: disks

    def mount_small_disk(self, entry):
        """Gives a process a small disk of its own; wants a mount namespace."""
        os.makedirs(entry["data_dir"], exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SMALL_DISK}", "tmpfs", entry["data_dir"]], check=True)
        entry["has_small_disk"] = True
        entry.setdefault("settings", []).extend(["storage.low_disk_bytes=8MiB", "storage.retention_bytes=1GiB"])

    @staticmethod
    def fill(entry):
        """Leaves not a byte on a small disk."""
        with open(f"{entry['data_dir']}/ballast", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
            except OSError:
                pass

    @staticmethod
    def free_bytes(entry):
        """Room on the disk of a process."""
        disk = os.statvfs(entry["data_dir"])
        return disk.f_bavail * disk.f_frsize

    @staticmethod
    def make_room(entry):
        pathlib.Path(entry["data_dir"], "ballast").unlink(missing_ok=True)

    @staticmethod
    def wipe(entry):
        """Removes all that a process stored; the folder stays, as it may be a mount."""
        for path in pathlib.Path(entry["data_dir"]).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _write_number(path, number):
    """A number that a library heeds; behind it the library counts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(bytes(16))
    with open(path, "r+b") as file:
        file.write(struct.pack("<q", number))


def _clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("NEOSCOPE_")}
