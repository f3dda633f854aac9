"""scripts/run and the example program that it runs, as their users meet them."""

import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.request

from checks import expect, expect_that, run
from node import PROGRAM, Node, end_with_parent, folder, wait_until

SCRIPTS = pathlib.Path(__file__).resolve().parents[3] / "scripts"


def addresses():
    """scripts/run tells the addresses that were really bound, whatever says where the data is, and not before."""
    listen = ("--api", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--set", "otlp.grpc.listen=127.0.0.1:0")
    for way in ("--data-dir DIR", "--data-dir=DIR", "--set data_dir=DIR", "environment", "file"):
        with folder() as place:
            data = place + "/data"
            os.mkdir(data)
            stale = {"api": "http://stale", "otlp_grpc": "http://stale", "otlp_http": "http://stale"}
            pathlib.Path(data, "endpoints.json").write_text(json.dumps(stale, separators=(",", ":")))
            environment = {name: text for name, text in os.environ.items() if not name.startswith("NEOSCOPE_")}
            environment["PROGRAM"] = PROGRAM
            if way == "environment":
                environment["NEOSCOPE_DATA_DIR"] = data
                arguments = []
            elif way == "file":
                pathlib.Path(place, "neoscope.yaml").write_text(f"data_dir: {data}\n")
                arguments = ["--config", place + "/neoscope.yaml"]
            else:
                arguments = way.replace("DIR", data).split()
            log = pathlib.Path(place, "log")
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [SCRIPTS / "run", *arguments, *listen],
                    stdout=output,
                    stderr=output,
                    env=environment,
                    preexec_fn=end_with_parent,
                )
            try:
                wait_until(lambda: b"send OTLP" in log.read_bytes() and b"look:" in log.read_bytes(), 20)
                told = log.read_text()
                bound = json.loads(pathlib.Path(data, "endpoints.json").read_text())
                line = next((one for one in told.splitlines() if "send OTLP" in one), told)
                expect(
                    f"{way}: where to send", re.findall(r"http://\S+", line), [bound["otlp_http"], bound["otlp_grpc"]]
                )
                line = next((one for one in told.splitlines() if "look:" in one), told)
                expect_that(f"{way}: where to look", bound["api"] + "/metrics" in line, line)
                with urllib.request.urlopen(bound["api"] + "/livez", timeout=10) as answer:
                    expect(f"{way}: it is there", answer.status, 200)
            finally:
                process.send_signal(signal.SIGINT)
                expect(f"{way}: Ctrl-C ends it well", process.wait(30), 0)
    wrong = subprocess.run(
        [SCRIPTS / "run", "--set", "a=b"], capture_output=True, timeout=30, env={**os.environ, "PROGRAM": PROGRAM}
    )
    expect_that("what is not valid is up's to tell", wrong.returncode == 2 and b"no such key" in wrong.stderr, wrong)


def example():
    """The example agent tells what it really did: a tree of steps, one of which failed, with its log and its metric."""
    with folder() as place, Node(place + "/data") as node:
        texts = pathlib.Path(place, "texts")
        texts.mkdir()
        (texts / "a.md").write_text("telemetry telemetry neoscope")
        (texts / "b.md").write_text("telemetry neoscope straße")
        environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": node.otlp_http + "/"}
        agent = [SCRIPTS / "examples" / "agent", texts]
        done = subprocess.run(agent, capture_output=True, timeout=60, env=environment)
        expect("exit code", (done.returncode, done.stderr[:40]), (0, b"most used: telemetry (3), neoscope (2)\n"))
        trace_id = done.stdout.decode().strip()
        answer = node.trace(trace_id) or {"spans": []}
        spans = {one["span_id"]: one for one in answer["spans"]}
        names = [one["operation_name"] for one in answer["spans"]]
        wanted = {
            "invoke_agent example-agent": 1,
            "execute_tool list_files": 1,
            "execute_tool read_file": 3,
            "execute_tool count_words": 1,
            "subprocess python": 1,
        }
        expect("its steps", {name: names.count(name) for name in names}, wanted)
        parents = {
            (one["operation_name"], spans[one["parent_span_id"]]["operation_name"])
            for one in answer["spans"]
            if one.get("parent_span_id")
        }
        root = "invoke_agent example-agent"
        below = {(name, root) for name in wanted if name.startswith("execute_tool")}
        expect("each below the step that took it", parents, below | {("subprocess python", "execute_tool count_words")})
        times = {key: (int(one["start_time_unix_nano"]), int(one["end_time_unix_nano"])) for key, one in spans.items()}
        within = [
            times[one["parent_span_id"]][0] <= times[key][0] <= times[key][1] <= times[one["parent_span_id"]][1]
            for key, one in spans.items()
            if one.get("parent_span_id")
        ]
        expect("in real time, within each other", within, [True] * 6)
        failed = [one for one in answer["spans"] if one["status"] == "error"]
        expect("one failed", [one["operation_name"] for one in failed], ["execute_tool read_file"])
        expect_that("and says why", "FileNotFoundError" in json.dumps(failed), failed)
        logs = node.get_json(f"/api/v1/logs?trace={trace_id}")
        expect_that("its log tells the failure", "NO-SUCH-FILE" in json.dumps(logs), logs)
        found = node.command_line("metrics", "query", "example.read.bytes", "--since", "1h", "--output", "json")
        read = wait_until(lambda: node.total("neoscope_items_in_total", signal="points", stage="edge"))
        expect("its metric came in", (found.returncode, read), (0, 1.0))
        expect("accounts close", node.closed_accounts(), {})
    nobody = subprocess.run(agent, capture_output=True, timeout=60, env=environment)
    expect("nobody there: exit code", nobody.returncode, 1)
    expect_that("and a sentence", b"was not accepted" in nobody.stderr, nobody.stderr)


SCENARIOS = {"addresses": addresses, "example": example}

if __name__ == "__main__":
    run(SCENARIOS)
