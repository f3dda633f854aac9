"""scripts/chaos and scripts/soak as their users meet them: scenarios are read, played, and told."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from checks import expect, expect_that, figure, run
from node import PROGRAM, folder, run_program, wait_until

ROOT = pathlib.Path(__file__).parent.parent.parent.parent
# What issue 4 names; there are more.
NAMED = {
    "node-crash", "two-crashes", "silent-partition", "split-halves", "one-way", "flapping-link", "slow-disk", "full-disk",
    "clock-skew", "pause", "rolling-restart", "rolling-upgrade", "certificate-rotation", "revocation", "hot-trace",
    "reconnect-storm", "growth-3-to-5-and-back",
}


def chaos(*arguments, seconds=110):
    return subprocess.run([ROOT / "scripts/chaos", *arguments, "--program", PROGRAM], capture_output=True, text=True,
                          timeout=seconds, check=False)


def files():
    """Every written scenario is read for both worlds, and what is wrong with one is told in both."""
    read = chaos("all", "--check")
    expect("all are read: exit code", (read.returncode, read.stderr), (0, ""))
    steps = json.loads(read.stdout)
    expect("those that are named are there", NAMED - set(steps), set())
    expect("every file is read", len(steps), len(list((ROOT / "cluster/scenarios").glob("*.yaml"))))
    alone = [name for name, count in steps.items() if not count]
    expect("which are for the simulation alone", alone, ["bit-rot", "garbage"])
    bad = {
        "no such key": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, crush: 1}]\n",
        "expected one fault": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, crash: 1, heal: true}]\n",
        "numbers go from 0 to 2": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, crash: 3}]\n",
        "numbers go from 0 to 1": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, revoke: 2, only: processes}]\n",
        "behind quiet_at": "nodes: 3\nquiet_at: 4\nsteps: [{at: 5, heal: true}]\n",
        "expected a mapping": "just words",
        "skew wants only: processes": "nodes: 3\nquiet_at: 9\nsteps: [{at: 5, skew: [1, 60]}]\n",
    }
    with folder() as scratch:
        for words, text in bad.items():
            path = scratch + "/bad.yaml"
            pathlib.Path(path).write_text(text, encoding="utf-8")
            told = chaos(path, "--check")
            expect(f"{words}: exit code", told.returncode, 2)
            expect_that(f"{words}: it is told", words in told.stderr, told.stderr)
            expect(f"{words}: the simulation does not take it", run_program("simulate", "--scenario", path).returncode, 2)
    expect("an unknown name: exit code", chaos("nothing-like-it", "--check").returncode, 2)


def short():
    """A crash on namespaces, where they can be had, and a partition behind proxies: nothing is lost, and it is told."""
    for arguments in (["node-crash"], ["silent-partition", "--loopback"]):
        played = chaos(*arguments, "--short", "--output", "json")
        report = json.loads(played.stdout) if played.stdout else {"scenarios": [{}]}
        (one,) = report["scenarios"]
        name = arguments[0]
        expect(f"{name}: exit code", played.returncode, 0)
        expect_that(f"{name}: it holds", report.get("holds") and one["holds"], (one, played.stderr[-1500:]))
        keys = ["lost", "phantom", "duplicates", "totals_difference", "unknown"]
        expect(f"{name}: counts", {key: one.get(key) for key in keys}, dict.fromkeys(keys, 0))
        expect_that(f"{name}: all is read", one["read"] == one["acknowledged"] == one["sent"] > 5000, one)
        figure(f"{name}: seconds to recover", one["recovery_seconds"])


def verdicts():
    """What grows is told from what is flat; a run that says too little is not flat."""
    sys.path.insert(0, str(ROOT / "scripts/lib"))
    from samples import BOUNDS, verdict

    def samples(growth, minutes=10):
        return [(float(second), {figure: 100.0 + growth.get(figure, 0) * second / 60 for figure in BOUNDS
                                 if not figure.endswith(", s")}
                 | {figure: growth.get(figure, 0) * second / 60 for figure in BOUNDS if figure.endswith(", s")})
                for second in range(0, minutes * 60, 5)]

    def grown(*arguments):
        return [row["figure"] for row in verdict(samples(*arguments), 10) if not row["flat"]]

    expect("what is flat is flat", grown({}), [])
    expect("what falls is flat", grown(dict.fromkeys(BOUNDS, -3)), [])
    expect("what grows is not", grown(dict.fromkeys(BOUNDS, 10)), list(BOUNDS))
    for figure in BOUNDS:
        expect(f"{figure}: is told alone", grown({figure: 10}), [figure])
    memory = "memory of collectors, MiB"
    expect("a leak of 2 % a minute is told", grown({memory: 2}), [memory])
    row = verdict(samples({"memory of agents, MiB": 5}), 10)[1]
    expect_that("the slope is a minute's", abs(row["slope_per_minute"] - 5) < 0.01, row)
    nobody = [(moment, dict.fromkeys(BOUNDS)) for moment, _ in samples({})]
    expect("what was never seen is not flat", any(row["flat"] for row in verdict(nobody, 10)), False)
    _check_sampler()
    told = subprocess.run([ROOT / "scripts/soak", "--minutes", "0", "--program", PROGRAM], capture_output=True, text=True,
                          timeout=60, check=False)
    expect("no minutes: exit code", told.returncode, 2)


def _check_sampler():
    """What breaks a sample is counted, and too few of them are told."""
    from samples import Sampler

    sampler = Sampler(None, [])
    sampler.run(0.1)
    expect("a broken sample is counted, and ends nothing", (len(sampler.samples), sampler.broken.total()), (0, 1))
    expect("too few samples are told", len(sampler.failures(60)), 1)
    sampler.samples = [None] * 11
    expect("nine of ten are enough", sampler.failures(60), [])


def ended():
    """A run that is killed leaves no process, and its folder is gone with the next run."""
    process = subprocess.Popen([ROOT / "scripts/chaos", "node-crash", "--short", "--program", PROGRAM],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    begun = wait_until(lambda: _ours(process.pid), 30)
    expect_that("it runs", begun, process.poll())
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    expect_that("its processes are gone", wait_until(lambda: not _ours(process.pid), 15), _ours(process.pid))
    chaos("all", "--check")
    left = [path for path in pathlib.Path(os.environ.get("TMPDIR", "/tmp")).glob(f"neoscope-chaos-{process.pid}-*")]
    expect("its folder is gone", left, [])


def _ours(pid):
    """Command lines of nodes in the folder of a run."""
    found = []
    for place in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes()
        except OSError:
            continue
        if f"/neoscope-chaos-{pid}-".encode() in words:
            found.append(words.decode(errors="replace")[:200])
    return found


if __name__ == "__main__":
    run({"files": files, "short": short, "verdicts": verdicts, "ended": ended})
