"""Small disks of a test's own, in a mount namespace of its own."""

import os
import subprocess
import sys


def in_namespace():
    """Starts this driver again in a mount namespace of its own, as root or as a mapped root."""
    if os.environ.get("NEOSCOPE_TEST_MOUNTS"):
        return
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.environ["NEOSCOPE_TEST_MOUNTS"] = "1"
    os.execvp("unshare", ["unshare", *user, "--mount", "--propagation", "private", sys.executable, *sys.argv])


def mount(path, *options):
    os.makedirs(path, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", path], check=True)


def remount(path, *options):
    subprocess.run(["mount", "-o", ",".join(("remount", *options)), path], check=True)


def unmount(path):
    subprocess.run(["umount", "-l", path], check=False)


def fill(path, room):
    """Writes a file that leaves so many bytes on its disk."""
    space = os.statvfs(os.path.dirname(path))
    with open(path, "wb", buffering=0) as file:
        file.write(bytes(max(space.f_bavail * space.f_frsize - room, 0)))
