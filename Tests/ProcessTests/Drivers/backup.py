"""A backup of a running node, and a node restored from it: everything acknowledged before, once, nothing damaged."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time

from checks import expect, expect_that, figure, run
from clustered import Member, certify
from disk import files
from load import Loader, lost_or_twice, span_count
from mounts import in_namespace, mount
from node import PROGRAM, Node, end_with_parent, folder, run_program, wait_until
from otlp import identifiers, plain_trace

MANIFEST = "manifest.json"
SMALL_SEGMENTS = ("storage.segment_bytes=1MiB",)


def _back_up(node, place, *arguments):
    return run_program("backup", place, "--data-dir", node.data, "--output", "json", *arguments)


def _restore(place, data, *arguments):
    return run_program("restore", place, "--data-dir", data, *arguments)


def _tree(path):
    """The files below a folder by their relative names, with what they hold."""
    found = {}
    for name in files(path):
        with open(name, "rb") as file:
            found[os.path.relpath(name, path)] = file.read()
    return found


def _named(backup):
    """The files that a manifest names."""
    with open(f"{backup}/{MANIFEST}", encoding="utf-8") as file:
        return {one["name"] for one in json.load(file)["files"]}


def _fill(node, seed, seconds=1.0):
    loader = Loader(node, seed).start()
    time.sleep(seconds)
    loader.stop()
    return loader


def under_load():
    """While traces come in and merges run: what was acknowledged before is in it, and the node goes on."""
    with folder() as place:
        node = Node(place + "/data", *SMALL_SEGMENTS)
        with node:
            loader = Loader(node, 400).start()
            time.sleep(1.5)
            merging = threading.Thread(target=lambda: node.administer("/api/v1/merge"))
            merging.start()
            # A merge seals the open log first; what comes after that only the backup can have sealed.
            time.sleep(0.3)
            with loader.lock:
                before = dict(loader.acknowledged)
            began = time.monotonic()
            result = _back_up(node, place + "/backup")
            figure("seconds under load", round(time.monotonic() - began, 3))
            time.sleep(0.3)
            loader.stop()
            merging.join()
            expect("exit code", (result.returncode, result.stderr), (0, b""))
            answer = json.loads(result.stdout)
            expect("files as the manifest says", answer["files"], len(_named(place + "/backup")))
            figure("bytes", answer["bytes"])
            expect("segments are linked, not copied", answer["copied_bytes"], 0)
            expect_that("it goes on taking during the backup", len(loader.acknowledged) > len(before))
            found = set(_tree(place + "/backup"))
            expect("no file but those of the manifest", found, _named(place + "/backup") | {MANIFEST})
            expect("accounts of the node close", node.closed_accounts(), {})
            expect("the node has everything", lost_or_twice(node, loader.acknowledged), {})
            # What the node does to its own files later changes nothing in the backup.
            run_program("purge", "--before", "now", "--data-dir", node.data)
            expect("the node is empty", node.get("/api/v1/traces/" + next(iter(before)).hex())[0], 404)
        _check_restored(place, before)


def _check_restored(place, before):
    result = _restore(place + "/backup", place + "/restored")
    expect("restore: exit code", (result.returncode, result.stderr), (0, b""))
    expect_that("the spans of before are many", span_count(before) > 500, span_count(before))
    with Node(place + "/restored") as restored:
        expect("restored: lost or twice", lost_or_twice(restored, before), {})
        expect("restored: accounts close", restored.closed_accounts(), {})
        status, _, _ = restored.post("/v1/traces", plain_trace(identifiers(401))[1].SerializeToString())
        expect("restored: it takes more", status, 200)
    expect("the backup is as it was", _restore(place + "/backup", "-", "--check").returncode, 0)


def killed():
    """kill -9 during a backup leaves no manifest, and what is left is not taken for a backup."""
    with folder() as place:
        node = Node(place + "/data", "storage.segment_bytes=1MiB")
        with node:
            for number in range(8):
                _fill(node, 410 + number, 0.4)
                node.administer("/api/v1/seal")
            hits = 0
            for number in range(12):
                target = f"{place}/backup-{number}"
                asking = subprocess.Popen([PROGRAM, "backup", target, "--data-dir", node.data],
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                          preexec_fn=end_with_parent)
                # At the very beginning first, then ever later.
                wait_until(lambda: len(files(target)) >= 2 * number or asking.poll() is not None, 10, 0)
                node.kill()
                code = asking.wait(20)
                # Where the backup was quicker than the signal, it is whole; else there is none.
                is_whole = os.path.exists(f"{target}/{MANIFEST}")
                result = _restore(target, "-", "--check")
                expect(f"{number}: no manifest is no backup", result.returncode, 0 if is_whole else 1)
                if is_whole:
                    expect(f"{number}: it came last", set(_tree(target)), _named(target) | {MANIFEST})
                else:
                    hits += 1
                    expect_that(f"{number}: whoever asked is told", code != 0, code)
                    expect_that(f"{number}: the reason", MANIFEST in result.stderr.decode(), result.stderr)
                node.start()
                expect(f"{number}: accounts close", node.closed_accounts(), {})
                if is_whole:
                    break
            figure("backups that were cut short", hits)
            expect_that("some were cut short", hits > 0)


def refused():
    """Damaged or missing files, folders that are not empty, directories in use: a clear word, and nothing changed."""
    with folder() as place:
        node = Node(place + "/data", *SMALL_SEGMENTS)
        with node:
            kept = _fill(node, 430).acknowledged
            expect("a backup", _back_up(node, place + "/backup").returncode, 0)
            os.makedirs(place + "/taken")
            with open(place + "/taken/file", "w", encoding="utf-8") as file:
                file.write("mine")
            os.makedirs(place + "/empty")
            expect("an empty folder will do", _back_up(node, place + "/empty").returncode, 0)
            for name, target, words in (
                ("a folder that is not empty", place + "/taken", "not empty"),
                ("an earlier backup", place + "/backup", "not empty"),
                ("a file", place + "/taken/file", "file"),
                ("below a file", place + "/taken/file/x", "file"),
                ("inside the data directory", node.data + "/backup", "inside the data directory"),
            ):
                before = _tree(place + "/taken")
                result = _back_up(node, target)
                expect_that(f"{name}: exit code", result.returncode in (1, 2), result.returncode)
                expect_that(f"{name}: it is told", words in result.stderr.decode(), result.stderr)
                expect(f"{name}: nothing changed", _tree(place + "/taken"), before)
            result = _back_up(node, place + "/new", "--previous", place + "/taken")
            expect_that("what is no backup is no earlier one", "no backup" in result.stderr.decode(), result.stderr)
            expect("and nothing is left", os.path.exists(place + "/new"), False)
            expect("a relative folder is refused by the API", node.administer("/api/v1/backup?dir=backup")[0], 400)
            expect("no folder is refused by the API", node.administer("/api/v1/backup")[0], 400)
            expect("a port without TLS has no backup", node.get("/api/v1/backup")[0], 404)
            result = _restore(place + "/backup", node.data)
            expect("in use: exit code", result.returncode, 1)
            expect_that("in use: it is told", "in use" in result.stderr.decode(), result.stderr)
            expect("the node has what it had", lost_or_twice(node, kept), {})
            expect("stop", node.stop(), 0)
        _check_damage(place, place + "/backup")
        for target in (node.data, place + "/taken"):
            before = _tree(target)
            result = _restore(place + "/backup", target)
            expect("not empty: exit code", result.returncode, 1)
            expect_that("not empty: it is told", "not empty" in result.stderr.decode(), result.stderr)
            after = _tree(target)
            # The number of the last process that held the lock.
            expect("not empty: nothing changed", {**after, "lock": 0}, {**before, "lock": 0})
        result = _restore(place + "/nowhere", place + "/restored")
        expect_that("no folder", result.returncode == 1 and b"no backup" in result.stderr, result.stderr)


def _check_damage(place, backup):
    """Each kind of file, flipped, cut and missing; the manifest too."""
    names = sorted(_tree(backup))
    chosen = [next(name for name in names if name.endswith(end)) for end in (".seg", ".keys", ".sqlite", MANIFEST)]
    for name in chosen:
        for kind in ("flipped", "cut", "missing"):
            damaged = f"{place}/damaged"
            shutil.rmtree(damaged, ignore_errors=True)
            shutil.copytree(backup, damaged)
            path = f"{damaged}/{name}"
            if kind == "missing":
                os.remove(path)
            else:
                with open(path, "r+b") as file:
                    size = os.path.getsize(path)
                    if kind == "cut":
                        file.truncate(size - 1 if name != MANIFEST else size // 2)
                    else:
                        file.seek(size // 2)
                        byte = file.read(1)
                        file.seek(size // 2)
                        file.write(bytes([byte[0] ^ 1]))
            result = _restore(damaged, place + "/restored")
            expect(f"{kind} {name}: exit code", result.returncode, 1)
            expect_that(f"{kind} {name}: it is named", os.path.basename(name) in result.stderr.decode(), result.stderr)
            expect(f"{kind} {name}: nothing is restored", os.path.exists(place + "/restored"), False)
    whole = json.loads(_tree(backup)[MANIFEST])
    whole["files"][0]["name"] = "../outside"
    with open(f"{damaged}/{MANIFEST}", "w", encoding="utf-8") as file:
        json.dump(whole, file)
    expect("a manifest that was changed", _restore(damaged, place + "/restored").returncode, 1)


def again():
    """A later backup costs nothing for what is the same; an interrupted restore is begun again."""
    with folder() as place:
        node = Node(place + "/data", *SMALL_SEGMENTS)
        with node:
            kept = dict(_fill(node, 450).acknowledged)
            expect("the first", _back_up(node, place + "/one").returncode, 0)
            same = {name: os.stat(f"{place}/one/{name}").st_ino for name in _tree(place + "/one") if name != MANIFEST}
            kept.update(_fill(node, 451, 0.3).acknowledged)
            expect("the second", _back_up(node, place + "/two").returncode, 0)
            for name, inode in same.items():
                expect(f"{name} is the same file", os.stat(f"{place}/two/{name}").st_ino, inode)
            expect("stop", node.stop(), 0)
        data = place + "/restored"
        expect("restore", _restore(place + "/two", data).returncode, 0)
        with open(data + "/restoring", "w", encoding="utf-8") as file:
            file.write("as a kill -9 leaves it\n")
        os.remove(next(name for name in files(data) if name.endswith(".seg")))
        result = run_program("up", "--data-dir", data, "--api", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0",
                             "--otlp-grpc", "127.0.0.1:0", seconds=20)
        expect("no process starts on half a restore", result.returncode, 1)
        expect_that("it is told", "neoscope restore" in result.stderr.decode(), result.stderr)
        expect("the restore is begun again", _restore(place + "/two", data).returncode, 0)
        with Node(data) as restored:
            expect("restored: lost or twice", lost_or_twice(restored, kept), {})


def other_disk():
    """Another file system gets copies, and that is said; a full one is left clean; what an earlier one has is linked."""
    with folder() as place:
        mount(place + "/small", "size=256k")
        mount(place + "/large", "size=512m")
        node = Node(place + "/data", *SMALL_SEGMENTS, "storage.low_disk_bytes=0")
        with node:
            kept = dict(_fill(node, 460).acknowledged)
            result = _back_up(node, place + "/small/backup")
            expect("full: exit code", result.returncode, 1)
            expect_that("full: it is told", "free" in result.stderr.decode(), result.stderr)
            expect("full: nothing is left", os.listdir(place + "/small"), [])
            result = _back_up(node, place + "/large/one")
            answer = json.loads(result.stdout)
            expect("copied: all of it", (answer["copied_bytes"], answer["linked_files"]), (answer["bytes"], 0))
            result = run_program("backup", place + "/large/table", "--data-dir", node.data)
            expect_that("copied: people are told", b"copied" in result.stdout, result.stdout)
            kept.update(_fill(node, 461, 0.3).acknowledged)
            result = _back_up(node, place + "/large/two", "--previous", place + "/large/one")
            later = json.loads(result.stdout)
            expect("the same is linked", later["linked_files"], answer["files"])
            expect("the rest is copied", later["copied_bytes"], later["bytes"] - answer["bytes"])
            expect("the node goes on", lost_or_twice(node, kept), {})
            expect("accounts close", node.closed_accounts(), {})
        result = _restore(place + "/large/two", place + "/small/data")
        expect("a full disk: exit code", result.returncode, 1)
        expect_that("a full disk: it is told", "free" in result.stderr.decode(), result.stderr)
        left = [name for name in files(place + "/small") if os.path.basename(name) not in ("lock", "format")]
        expect("a full disk: nothing of it is left", left, [])
        expect("onto another disk", _restore(place + "/large/two", place + "/restored").returncode, 0)
        with Node(place + "/restored") as restored:
            expect("restored: lost or twice", lost_or_twice(restored, kept), {})


def collector():
    """A collector comes back with a higher boot epoch, under its own certificate alone; an agent has no backup."""
    with folder() as place:
        names, hosts = certify(place, 2, 1)
        settings = ("cluster.replication=1",)
        first = Member(place, "collector", names[0], [], *settings)
        with first, Member(place, "agent", hosts[0], [first.peer]) as agent:
            trace_id, request = plain_trace(identifiers(470), 3)
            expect("it is taken", first.post("/v1/traces", request.SerializeToString())[0], 200)
            result = _back_up(first, place + "/backup")
            expect("exit code", (result.returncode, result.stderr), (0, b""))
            epoch = json.loads(result.stdout)["boot_epoch"]
            expect_that("the boot epoch is told", epoch >= 1, epoch)
            secrets = [name for name in _tree(place + "/backup") if "key" in name and not name.endswith(".keys")]
            expect("no key is in it", secrets, [])
            expect_that("an agent", b"agent stores nothing" in _back_up(agent, place + "/no").stderr)
            first.kill()
            expect("restore", _restore(place + "/backup", place + "/again").returncode, 0)
            other = Member(place, "collector", names[1], [], *settings, data=place + "/again")
            result = run_program(*other.command[1:], seconds=20)
            expect("another node's certificate: exit code", result.returncode, 1)
            expect_that("another node's certificate: it is told", "belongs to" in result.stderr.decode(), result.stderr)
            with Member(place, "collector", names[0], [], *settings, data=place + "/again") as restored:
                expect("what it had is there", restored.trace(trace_id.hex())["span_count"], 3)
                with open(place + "/again/epoch", encoding="utf-8") as file:
                    now = int(file.read())
                expect_that("its boot epoch is higher", now > epoch, (now, epoch))
                expect("accounts close", restored.closed_accounts(), {})


SCENARIOS = {
    "under_load": under_load,
    "killed": killed,
    "refused": refused,
    "again": again,
    "other_disk": other_disk,
    "collector": collector,
}

if __name__ == "__main__":
    if "other_disk" in sys.argv[1:]:
        in_namespace()
    run(SCENARIOS)
