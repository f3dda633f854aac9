"""Runs a script in namespaces of its own (processes, network, mounts), with which all that it made is gone.

They go with the last of their processes, and these with the script, whatever ends it: nothing has to be tidied up. Who
is not root is a mapped one where the system lets users have namespaces. Where none can be had, the script runs as it is.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from cluster import say
from faulty import end_with_parent

_INSIDE = "NEOSCOPE_CHAOS_INSIDE"
_PREFIX = "neoscope-chaos-"
_TRY = ("mount -t tmpfs tmpfs /run && ip link set lo up && ip link add chaos0 type bridge && ip netns add probe && "
        "ip netns exec probe nft add table inet chaos")


def run(work, on_loopback=False):
    """Calls `work(is_isolated, folder)` in namespaces where they can be had; exits with what it gives."""
    # Whoever ends this script ends its processes too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if _INSIDE in os.environ:
        subprocess.run(["sh", "-c", "mount -t tmpfs tmpfs /run && ip link set lo up"], check=True)
        sys.exit(work(True, os.environ[_INSIDE]))
    remove_leftovers()
    why = "as it was asked for" if on_loopback else _obstacle()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        if why is None:
            sys.exit(_run_inside(folder))
        say(f"on loopback, through proxies, and without what only namespaces can do: {why}")
        sys.exit(work(False, folder))


def _unshare(*command):
    """A command line that runs in namespaces of its own, and ends with whoever started it."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *user, "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", *command]


def _obstacle():
    """Why namespaces, a bridge and packet filters cannot be had; None where they can."""
    if not all(shutil.which(name) for name in ("unshare", "ip", "nft")):
        return "unshare, ip and nft are not all there"
    tried = subprocess.run(_unshare("sh", "-c", _TRY), capture_output=True, text=True, timeout=30, check=False)
    return None if tried.returncode == 0 else tried.stderr.strip() or f"unshare ended with {tried.returncode}"


def _run_inside(folder):
    """Runs this script again in namespaces of its own; gives its exit code."""
    environment = {**os.environ, _INSIDE: folder}
    process = subprocess.Popen(_unshare(sys.executable, *sys.argv), env=environment, preexec_fn=end_with_parent)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def remove_leftovers():
    """Removes what runs that were killed left behind: their folders carry the number of their process."""
    for path in pathlib.Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = path.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not pathlib.Path(f"/proc/{owner}").exists():
            for pid in _processes_in(path):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(path, ignore_errors=True)


def _processes_in(folder):
    """Processes of this user that were started with files of a folder."""
    for place in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if f"{folder}/".encode() in (place / "cmdline").read_bytes() and place.stat().st_uid == os.geteuid():
                yield int(place.name)
        except OSError:
            continue
