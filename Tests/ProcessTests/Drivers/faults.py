"""Disks that are full, read-only or damaged, folders and ports that are taken: a clear word, and nothing lost."""

import os
import shutil
import socket
import sys

from checks import expect, expect_that, figure, run
from disk import files, segments
from load import Loader, lost_or_twice, span_count
from mounts import in_namespace, mount, remount, unmount
from node import Node, folder, run_program, wait_until
from otlp import identifiers, plain_trace

MEBIBYTE = 1 << 20
LISTENERS = ("--api", "--otlp-http", "--otlp-grpc")


def _copy(source, target):
    """A data directory with nothing but its files: sockets stay behind."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.sock"))


def _up(data, *arguments, seconds=20):
    """`neoscope up` that is expected to end by itself."""
    ports = [part for name in LISTENERS if name not in arguments for part in (name, "127.0.0.1:0")]
    return run_program("up", "--data-dir", data, *ports, *arguments, seconds=seconds)


def _check_refused_start(sentence, result, *words):
    """Exit code 1, and one clear line on standard error with the words that matter."""
    text = result.stderr.decode(errors="replace")
    expect(f"{sentence}: exit code", result.returncode, 1)
    expect(f"{sentence}: nothing on standard output", result.stdout, b"")
    for word in words:
        expect_that(f"{sentence}: it says {word}", word.lower() in text.lower(), text[-1500:])
    crash = [word for word in ("Fatal error", "Backtrace", "Thread 0 crashed") if word in text]
    expect(f"{sentence}: no crash", crash, [])


def port_taken():
    for option in LISTENERS:
        with folder() as place, socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            result = _up(place + "/data", option, address)
            _check_refused_start(option, result, "listens there already", address)
            with Node(place + "/data") as node:
                expect_that(f"{option}: the folder is free for the next", node.is_ready())
    for address in ("256.0.0.1:0", "no.such.host.invalid:0", "192.0.2.1:0"):
        with folder() as place:
            result = _up(place + "/data", "--api", address)
            expect_that(f"an address that is not ours, {address}", result.returncode in (1, 2), result.stderr[-500:])
            expect(f"{address}: no crash", b"Fatal error" in result.stderr, False)


def directory_in_use():
    with folder() as place, Node(place + "/data") as node:
        trace_id, request = plain_trace(identifiers(80))
        result = _up(place + "/data")
        _check_refused_start("a second process", result, str(node.process.pid), place + "/data")
        expect("the first one goes on", node.post("/v1/traces", request.SerializeToString())[0], 200)
        expect("and has its endpoints", os.path.exists(node.data + "/endpoints.json"), True)
        node.kill()
        node.start()
        expect("a lock left by a killed process does not hold", node.trace(trace_id.hex())["span_count"], 1)


def unwritable_path():
    with folder() as place:
        with open(place + "/file", "w", encoding="utf-8") as file:
            file.write("x")
        for path in (place + "/file", place + "/file/below", "/proc/neoscope", "/dev/null"):
            _check_refused_start(path, _up(path), path)
        with open(place + "/file", encoding="utf-8") as file:
            expect("the file is as it was", file.read(), "x")


def read_only():
    """A read-only disk at the start, and one that becomes so."""
    with folder() as place:
        disk = place + "/disk"
        mount(disk, "size=64m")
        remount(disk, "ro")
        _check_refused_start("read-only from the start", _up(disk + "/data"), disk)
        remount(disk, "rw")
        with Node(disk + "/data", "storage.low_disk_bytes=0") as node:
            before, request = plain_trace(identifiers(81))
            expect("taken while it can be written", node.post("/v1/traces", request.SerializeToString())[0], 200)
            expect("stop", node.stop(), 0)
        remount(disk, "ro")
        _check_refused_start("an existing folder that became read-only", _up(disk + "/data"), disk)
        remount(disk, "rw")
        with Node(disk + "/data", "storage.low_disk_bytes=0") as node:
            expect("nothing was lost", node.trace(before.hex())["span_count"], 1)
        unmount(disk)


def full_disk():
    """A disk that fills up under load: 503, nothing acknowledged is lost, and it goes on once there is room."""
    for name, setting in (("watermark", "storage.low_disk_bytes=3MiB"), ("no watermark", "storage.low_disk_bytes=0")):
        with folder() as place:
            disk = place + "/disk"
            mount(disk, "size=24m")
            with open(disk + "/ballast", "wb") as file:
                file.write(os.urandom(17 * MEBIBYTE))
            node = Node(disk + "/data", setting, "storage.segment_bytes=1MiB", "storage.retention_bytes=1GiB")
            # The node's own log is outside: the disk is the data's alone.
            node.log_path = place + "/log"
            with node:
                _fill(name, node, disk)
            unmount(disk)


def _fill(name, node, disk):
    loader = Loader(node, 90, threads=3, spans_per_trace=100).start()
    wait_until(lambda: sum(status == 503 for status in loader.refused.values()) > 20, 40)
    loader.stop()
    figure(f"{name}: spans acknowledged before it was full", span_count(loader.acknowledged))
    statuses = {str(status) for status in loader.refused.values()}
    expect(f"{name}: refused as unavailable", statuses, {"503"})
    expect_that(f"{name}: something was taken first", len(loader.acknowledged) > 10, len(loader.acknowledged))
    expect_that(f"{name}: alive", node.is_alive(), node.log()[-2000:])
    expect(f"{name}: readyz", node.get("/readyz")[0], 503)
    status, headers, _ = node.post("/v1/traces", plain_trace(identifiers(82), 50)[1].SerializeToString())
    expect_that(f"{name}: Retry-After", status == 503 and int(headers.get("retry-after", 0)) >= 1, (status, headers))
    expect(f"{name}: lost or twice while full", lost_or_twice(node, loader.acknowledged), {})
    expect(f"{name}: accounts close while full", node.closed_accounts(), {})
    os.remove(disk + "/ballast")
    trace_id, request = plain_trace(identifiers(83), 5)
    body = request.SerializeToString()
    taken = wait_until(lambda: node.post("/v1/traces", body)[0] == 200, 20, 0.25)
    expect_that(f"{name}: taken again once there is room", taken, node.log()[-2000:])
    expect_that(f"{name}: and found", node.trace(trace_id.hex()) is not None)
    expect_that(f"{name}: ready again", wait_until(node.is_ready, 15, 0.25))
    node.kill()
    node.start()
    expect(f"{name}: lost or twice after a restart", lost_or_twice(node, loader.acknowledged), {})
    expect_that(f"{name}: the later one too", node.trace(trace_id.hex()) is not None)
    expect(f"{name}: accounts close", node.closed_accounts(), {})


class Store:
    """A data directory of forty traces, one after the other, with the bytes of the log at which each ended."""

    def __init__(self, place, sealed):
        self.data = place + "/data"
        self.ids, self.ends = [], []
        source = identifiers(84)
        with Node(self.data) as node:
            for _ in range(40):
                trace_id, request = plain_trace(source, 3, service="stored")
                if node.post("/v1/traces", request.SerializeToString())[0] != 200:
                    raise RuntimeError("a trace was refused")
                self.ids.append(trace_id.hex())
                self.ends.append(os.path.getsize(segments(self.data)[0]))
            node.kill()
        if sealed:
            with Node(self.data) as node:
                wait_until(lambda: any(name.endswith(".keys") for name in files(self.data)))
                expect("stop", node.stop(), 0)

    @property
    def segment(self):
        return segments(self.data)[0]

    def start_of(self, number):
        return self.ends[number - 1] if number else 64

    def found(self, node):
        return [one for one in self.ids if node.get("/api/v1/traces/" + one)[0] == 200]


def _damage(path, places):
    with open(path, "r+b") as file:
        for place in places:
            file.seek(place)
            byte = file.read(1)
            file.seek(place)
            file.write(bytes([byte[0] ^ 0x5A]))


def _check_damaged(name, store, lost, node, counts=True):
    """Everything but the lost ones is found, by id and by search; the damage is counted and set aside."""
    found = store.found(node)
    unexpected = [store.ids.index(one) for one in store.ids if one not in found and store.ids.index(one) not in lost]
    expect(f"{name}: numbers of undamaged traces that are missing", unexpected, [])
    hits = {hit["trace_id"] for hit in node.get_json("/api/v1/traces?service=stored&limit=100")["traces"]}
    expect(f"{name}: a search finds the same", sorted(set(found) - hits), [])
    if counts:
        counted = node.total("neoscope_storage_damaged_bytes_total") + node.total(
            "neoscope_storage_damaged_frames_total"
        )
        expect_that(f"{name}: the damage is counted", counted > 0, counted)
        status, body = node.get("/healthz?verbose")
        expect_that(f"{name}: health tells of it", b"degraded" in body or b"damaged" in body, (status, body))
    expect(f"{name}: ready", node.get("/readyz")[0], 200)
    expect(f"{name}: accounts close", node.closed_accounts(), {})
    trace_id, request = plain_trace(identifiers(85))
    expect(f"{name}: it takes more", node.post("/v1/traces", request.SerializeToString())[0], 200)
    expect_that(f"{name}: and finds it", node.trace(trace_id.hex()) is not None)


def flipped_log():
    """Bytes flipped in a log that was not sealed: the frames they hit are lost, no other."""
    with folder() as place:
        store = Store(place, sealed=False)
        whole = place + "/whole"
        _copy(store.data, whole)
        for name, hits in {
            "a frame's magic": [(10, 0)],
            "a frame's header": [(11, 20)],
            "the middle of a frame": [(12, None)],
            "the first frame": [(0, 1)],
            "the last frame": [(39, None)],
            "three frames": [(5, None), (20, 8), (30, 2)],
            "two neighbours": [(15, None), (16, 0)],
        }.items():
            _copy(whole, store.data)
            _damage(
                store.segment,
                [
                    store.start_of(number)
                    + (offset if offset is not None else (store.ends[number] - store.start_of(number)) // 2)
                    for number, offset in hits
                ],
            )
            with Node(store.data) as node:
                _check_damaged(name, store, [number for number, _ in hits], node)
                quarantined = files(store.data + "/quarantine")
                expect_that(f"{name}: the damaged bytes are in the quarantine", len(quarantined) > 0)
                expect(f"{name}: stop", node.stop(), 0)
            with Node(store.data) as node:
                _check_damaged(f"{name}, a start later", store, [number for number, _ in hits], node, counts=False)


def torn_log():
    """A log cut anywhere: what was whole before the cut is found."""
    with folder() as place:
        store = Store(place, sealed=False)
        whole = place + "/whole"
        _copy(store.data, whole)
        size = store.ends[-1]
        # Nine bytes less than a whole frame: the last eight may be padding.
        cuts = {
            0,
            1,
            63,
            64,
            65,
            size - 9,
            store.ends[20] - 9,
            store.ends[20],
            store.ends[20] + 1,
            store.ends[7] + 30,
        }
        for cut in sorted(cuts):
            _copy(whole, store.data)
            os.truncate(store.segment, cut)
            lost = [number for number, end in enumerate(store.ends) if end > cut]
            with Node(store.data) as node:
                _check_damaged(f"cut at {cut} of {size}", store, lost, node, counts=False)
                found = store.found(node)
                expect(f"cut at {cut} of {size}: found", len(found), 40 - len(lost))
        _copy(whole, store.data)
        with open(store.segment, "ab") as file:
            file.write(os.urandom(5000) + bytes(3000))
        with Node(store.data) as node:
            _check_damaged("rubbish and zeros at the end", store, [], node)


def damaged_index():
    """Index files that are cut, flipped, empty, gone or replaced are made again; nothing is missing."""
    with folder() as place:
        store = Store(place, sealed=True)
        whole = place + "/whole"
        _copy(store.data, whole)

        def each(suffix, change):
            for path in files(store.data):
                if path.endswith(suffix):
                    change(path)

        def flip(path):
            size = os.path.getsize(path)
            _damage(path, range(size // 4, size, max(size // 8, 1)))

        def flip_head(path):
            _damage(path, range(0, 16))

        changes = {
            "gone": os.remove,
            "empty": lambda path: os.truncate(path, 0),
            "cut in half": lambda path: os.truncate(path, os.path.getsize(path) // 2),
            "cut by a byte": lambda path: os.truncate(path, os.path.getsize(path) - 1),
            "flipped": flip,
            "flipped at the head": flip_head,
            "replaced by a folder": lambda path: (os.remove(path), os.mkdir(path)),
        }
        for suffix in (".keys", ".sqlite"):
            for name, change in changes.items():
                _copy(whole, store.data)
                each(suffix, change)
                try:
                    with Node(store.data) as node:
                        _check_damaged(f"{suffix} {name}", store, [], node, counts=False)
                except RuntimeError as error:
                    expect(f"{suffix} {name}: it starts and answers", str(error)[-700:], "yes")


def flipped_sealed_segment():
    """Bytes flipped in a sealed segment: the frames they hit are told as damaged, no other is missing."""
    with folder() as place:
        store = Store(place, sealed=True)
        damaged = [3, 17, 39]
        _damage(store.segment, [(store.start_of(n) + store.ends[n]) // 2 for n in damaged])
        with Node(store.data) as node:
            _check_damaged("sealed", store, damaged, node)
            status, body = node.get("/api/v1/traces/" + store.ids[3])
            expect_that("a damaged trace is told as damaged or not found", status in (200, 404), (status, body[:300]))


def foreign_files():
    """Files that are not ours do no harm and stay as they are."""
    with folder() as place:
        store = Store(place, sealed=True)
        own = os.path.dirname(store.segment)
        strange = {
            store.data + "/notes.txt": b"mine",
            own + "/notes.txt": b"mine",
            own + "/zzzz.seg": b"no segment",
            own + "/.hidden": b"",
            own + "/lost.keys": b"x" * 100,
            own + "/F.seg": b"a name too short",
            own + "/0000000000000000000000000000000f.seg": b"a name too long",
        }
        for path, content in strange.items():
            with open(path, "wb") as file:
                file.write(content)
        os.mkdir(own + "/folder.seg")
        try:
            with Node(store.data) as node:
                _check_damaged("strange files", store, [], node, counts=False)
                expect("stop", node.stop(), 0)
        except RuntimeError as error:
            expect("it starts", str(error)[-500:], "yes")
        for path, content in strange.items():
            kept = None
            if os.path.exists(path):
                with open(path, "rb") as file:
                    kept = file.read()
            expect(f"{os.path.basename(path)} is as it was", kept, content)


def rubbish_segments():
    """Segments of rubbish, of nothing, and a folder with a segment's name: set aside, and the rest is found."""
    with folder() as place:
        store = Store(place, sealed=True)
        own = os.path.dirname(store.segment)
        for name, content in (("00000000000000aa.seg", b"rubbish" * 100), ("00000000000000ab.seg", b"")):
            with open(f"{own}/{name}", "wb") as file:
                file.write(content)
        with Node(store.data) as node:
            _check_damaged("rubbish and nothing", store, [], node)
            expect_that("the rubbish is in the quarantine", len(files(store.data + "/quarantine")) > 0)
            expect("stop", node.stop(), 0)
        os.mkdir(own + "/00000000000000f0.seg")
        try:
            with Node(store.data) as node:
                _check_damaged("a folder", store, [], node, counts=False)
        except RuntimeError as error:
            expect("a folder with a segment's name: it starts", str(error)[-500:], "yes")


def future_format():
    """A format that is not known stops the start, and changes nothing."""
    with folder() as place:
        store = Store(place, sealed=True)
        with open(store.data + "/format", "rb") as file:
            ours = file.read()
        for content in (ours.replace(b"1", b"99"), b"", os.urandom(100)):
            with open(store.data + "/format", "wb") as file:
                file.write(content)
            _check_refused_start(f"format {content[:40]!r}", _up(store.data), "format")
        with open(store.data + "/format", "wb") as file:
            file.write(ours)
        with Node(store.data) as node:
            _check_damaged("the format as it was", store, [], node, counts=False)


SCENARIOS = {
    "port_taken": port_taken,
    "directory_in_use": directory_in_use,
    "unwritable_path": unwritable_path,
    "read_only": read_only,
    "full_disk": full_disk,
    "flipped_log": flipped_log,
    "torn_log": torn_log,
    "damaged_index": damaged_index,
    "flipped_sealed_segment": flipped_sealed_segment,
    "foreign_files": foreign_files,
    "rubbish_segments": rubbish_segments,
    "future_format": future_format,
}
NEED_MOUNTS = {"read_only", "full_disk"}

if __name__ == "__main__":
    if NEED_MOUNTS & set(sys.argv[1:]):
        in_namespace()
    run(SCENARIOS)
