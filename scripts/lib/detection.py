"""How fast a cluster notices that a member is gone, beside serf's agents on the same machine in the same run.

Run by scripts/bench cluster. Our times are read from the nodes' own logs as their pipes deliver them, as serf's are: when
each other member takes the victim for suspect (writes and reads go around it) and for dead (placement changes).
"""

import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from cluster import Cluster, say  # noqa: E402


class Watched:
    """A process whose log lines are kept with the moment they came."""

    def __init__(self, command):
        self.lines = []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line.decode(errors="replace")))

    def when(self, pattern, start):
        return next((at for at, line in self.lines[start:] if re.search(pattern, line)), None)

    def end(self, number=signal.SIGKILL):
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        self.process.wait()


def wait(check, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.01)
    return False


def must_wait(check, group):
    """Waits until a group has found itself; ends it where it does not."""
    if not wait(check, 60):
        group.close()
        raise RuntimeError(f"{group.name}: not all members know each other after 60 s")


class Ours:
    """Collectors with the certificates of a cluster that scripts/cluster makes."""

    name = "neoscope"

    def __init__(self, program, size):
        self.folder = tempfile.mkdtemp(prefix="neoscope-detection-")
        self.cluster = Cluster.make(f"{self.folder}/cluster", program, nodes=size, agents=0,
                                    settings=["sensors.enabled=false"])
        # Started anew with pipes in place of log files.
        self.cluster.down()
        self.members = {}
        for index, node in enumerate(self.cluster.facts["nodes"]):
            self.start(index)
        must_wait(lambda: all(self.seen(i, j, "alive", 0) for i in self.members for j in self.members if i != j), self)

    def start(self, index):
        self.members[index] = Watched(self.cluster.arguments(self.cluster.facts["nodes"][index]["name"]))

    def seen(self, watcher, subject, status, start):
        name = self.cluster.facts["nodes"][subject]["name"]
        return self.members[watcher].when(rf"node={name} .*status={status}\b", start)

    def suspect(self, watcher, subject, start):
        found = [self.seen(watcher, subject, status, start) for status in ("suspect", "dead")]
        return min((at for at in found if at), default=None)

    def dead(self, watcher, subject, start):
        return self.seen(watcher, subject, "dead", start)

    def joined(self, watcher, subject, start):
        return self.seen(watcher, subject, "alive", start)

    def close(self):
        for member in self.members.values():
            member.end()
        shutil.rmtree(self.folder, ignore_errors=True)


class Serf:
    """Debian's serf in its LAN profile."""

    name = "serf"
    port = 27946

    def __init__(self, program, size):
        self.members = {0: self._make(0, None)}
        time.sleep(0.5)
        for index in range(1, size):
            self.members[index] = self._make(index, 0)
        must_wait(lambda: all(self.joined(i, j, 0) for i in self.members for j in self.members if i != j), self)

    def _make(self, index, join):
        command = ["serf", "agent", f"-node=n{index}", f"-bind=127.0.0.1:{self.port + index}",
                   f"-rpc-addr=127.0.0.1:{self.port + 500 + index}", "-log-level=debug", "-profile=lan"]
        return Watched(command + ([f"-join=127.0.0.1:{self.port + join}"] if join is not None else []))

    def start(self, index):
        self.members[index] = self._make(index, next(i for i in self.members if i != index))

    def suspect(self, watcher, subject, start):
        return self.members[watcher].when(rf"Suspect n{subject}\b|EventMemberFailed: n{subject}\b", start)

    def dead(self, watcher, subject, start):
        return self.members[watcher].when(rf"EventMemberFailed: n{subject}\b", start)

    def joined(self, watcher, subject, start):
        return self.members[watcher].when(rf"EventMemberJoin: n{subject}\b", start)

    def close(self):
        for member in self.members.values():
            member.end()


def trial(group, how, source):
    """One member goes; gives the seconds until others noticed, and until it is back everywhere."""
    time.sleep(1 + source.random())
    victim = source.choice(sorted(group.members))
    others = [index for index in group.members if index != victim]
    marks = {index: len(group.members[index].lines) for index in others}
    gone = time.monotonic()
    os.kill(group.members[victim].process.pid, how)
    wait(lambda: all(group.dead(i, victim, marks[i]) for i in others), 90)
    suspects = sorted(at - gone for i in others if (at := group.suspect(i, victim, marks[i])))
    deaths = sorted(at - gone for i in others if (at := group.dead(i, victim, marks[i])))
    group.members[victim].end()
    marks = {index: len(group.members[index].lines) for index in others}
    group.start(victim)
    back = time.monotonic()
    wait(lambda: all(group.joined(i, victim, marks[i]) for i in others), 90)
    returns = [at - back for i in others if (at := group.joined(i, victim, marks[i]))]
    return {
        "first_suspect": suspects[0] if suspects else None,
        # serf's log names a suspicion only where it begins, so the last of them is ours alone to tell.
        "last_suspect": suspects[-1] if len(suspects) == len(others) else None,
        "first_dead": deaths[0] if deaths else None,
        "last_dead": deaths[-1] if len(deaths) == len(others) else None,
        "missed": len(others) - len(deaths),
        "missed_back": len(others) - len(returns),
        "back": max(returns) if len(returns) == len(others) else None,
    }


def measure(program, size, trials, seed):
    """All trials of both; medians and maxima in seconds."""
    results = []
    for kind in (Ours, Serf):
        for how, word in ((signal.SIGKILL, "kill -9"), (signal.SIGSTOP, "SIGSTOP")):
            source = random.Random(seed)
            group = kind(program, size)
            try:
                rows = []
                for number in range(trials):
                    rows.append(trial(group, how, source))
                    say(f"{kind.name}, {word}, {number + 1} of {trials}: {rows[-1]}")
            finally:
                group.close()
            row = {"who": kind.name, "how": word, "size": size, "trials": trials,
                   "missed": sum(entry["missed"] + entry["missed_back"] for entry in rows)}
            for key in ("first_suspect", "last_suspect", "first_dead", "last_dead", "back"):
                values = [entry[key] for entry in rows if entry[key] is not None]
                row[key] = {"median": round(statistics.median(values), 3), "max": round(max(values), 3)} if values else None
            results.append(row)
    return results
