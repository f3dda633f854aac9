"""What is purged is gone from every answer and from the disk, for good."""

import time

from checks import expect, expect_that, run
from disk import contents, pieces
from node import Node, folder, run_program, wait_until
from otlp import identifiers, log_request, plain_trace


COUNTS = b"traces.span.duration"  # stands in every slot that counts spans


def _outside_of_counts(path, text):
    """Whether a text stands anywhere on the disk but in slots, which hold counts by operation."""
    return any(text in piece and COUNTS not in piece for piece in pieces(path))


def purge_trace():
    """A purged trace is gone from every answer and from the disk; others stay."""
    source = identifiers(102)
    for sealed in (False, True):
        with folder() as place:
            node = Node(place + "/data")
            with node:
                trace_id, request = plain_trace(source, 3, service="private", name="PURGED-NAME")
                records = log_request([{"trace_id": trace_id, "body": "PURGED-BODY"}])
                node.post("/v1/traces", request.SerializeToString())
                node.post("/v1/logs", records.SerializeToString())
                other, request = plain_trace(source, 2, name="OTHER-NAME")
                node.post("/v1/traces", request.SerializeToString())
                if sealed:
                    node.stop()
                    node.start()
                name = "sealed" if sealed else "open"
                result = run_program("purge", "--trace", trace_id.hex(), "--data-dir", node.data)
                expect(f"{name}: exit code", (result.returncode, result.stderr), (0, b""))
                expect(f"{name}: trace get", node.trace(trace_id.hex()), None)
                for path in ("/api/traces/", "/api/v3/traces/"):
                    expect(f"{name}: GET {path}", node.get(path + trace_id.hex())[0], 404)
                hits = node.get_json("/api/v1/traces?service=private")["traces"]
                expect(f"{name}: a search", hits, [])
                found = node.get_json(f"/api/v1/logs?trace={trace_id.hex()}")["logs"]
                expect(f"{name}: its log records", found, [])
                expect(f"{name}: the other one is there", node.trace(other.hex())["span_count"], 2)
                # What was counted of it stays counted, under its operation's name.
                gone = wait_until(lambda: not _outside_of_counts(place + "/data", b"PURGED"), 10, 0.5)
                expect_that(f"{name}: no byte of it is on the disk", gone)
                expect_that(f"{name}: the other's are", b"OTHER-NAME" in contents(place + "/data"))
                expect(f"{name}: accounts close", node.closed_accounts(), {})
                node.kill()
                node.start()
                expect(f"{name}: nor does it come back", node.trace(trace_id.hex()), None)
                expect(f"{name}: the other one stays", node.trace(other.hex())["span_count"], 2)


def purge_place():
    """The node that purge asks is that of the configuration: argument, environment, file, default."""
    source = identifiers(104)
    with folder() as place, Node(place + "/data") as node:
        with open(place + "/neoscope.yaml", "w", encoding="utf-8") as file:
            file.write(f"data_dir: {node.data}\n")
        by_file = ["--config", place + "/neoscope.yaml"]
        elsewhere = {"STATE_DIRECTORY": place + "/nothing"}
        ways = (
            ("the configuration file", by_file, elsewhere),
            ("--set", ["--set", "data_dir=" + node.data], elsewhere),
            ("NEOSCOPE_DATA_DIR", [], {**elsewhere, "NEOSCOPE_DATA_DIR": node.data}),
            ("--data-dir", ["--data-dir", node.data], {"NEOSCOPE_DATA_DIR": place + "/nothing"}),
            ("$STATE_DIRECTORY", [], {"STATE_DIRECTORY": node.data}),
        )
        for name, arguments, environment in ways:
            trace_id, request = plain_trace(source)
            node.post("/v1/traces", request.SerializeToString())
            result = run_program("purge", "--trace", trace_id.hex(), *arguments, environment=environment)
            expect(f"{name}: exit code", (result.returncode, result.stderr), (0, b""))
            expect(f"{name}: the trace is gone", node.trace(trace_id.hex()), None)
        result = run_program(
            "purge", "--trace", "0" * 31 + "1", *by_file, environment={"NEOSCOPE_DATA_DIR": place + "/nothing"}
        )
        expect_that(
            "the environment beats the file", result.returncode == 1 and b"/nothing" in result.stderr, result
        )


def purge_before():
    """Everything taken in before a time is gone; what came later stays."""
    source = identifiers(103)
    with folder() as place, Node(place + "/data") as node:
        early, request = plain_trace(source, name="PURGED-NAME")
        node.post("/v1/traces", request.SerializeToString())
        time.sleep(1.1)
        moment = time.time()
        time.sleep(1.1)
        late, request = plain_trace(source, name="LATER-NAME")
        node.post("/v1/traces", request.SerializeToString())
        result = run_program("purge", "--before", str(int(moment)), "--data-dir", node.data)
        expect("exit code", (result.returncode, result.stderr), (0, b""))
        expect("the early one is gone", node.trace(early.hex()), None)
        expect_that("the late one is there", node.trace(late.hex()) is not None)
        gone = wait_until(lambda: not _outside_of_counts(place + "/data", b"PURGED"), 10, 0.5)
        expect_that("no byte of the early one is on the disk", gone)
        future = run_program("purge", "--before", "2100-01-01T00:00:00Z", "--data-dir", node.data)
        expect_that("a time to come: all, or refused", future.returncode in (0, 1, 2), future)
        expect("accounts close", node.closed_accounts(), {})


SCENARIOS = {
    "purge_trace": purge_trace,
    "purge_before": purge_before,
    "purge_place": purge_place,
}

if __name__ == "__main__":
    run(SCENARIOS)
