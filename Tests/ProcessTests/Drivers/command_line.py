"""The command line: help, exit codes, configuration, reports, completions and load."""

import json
import os
import re
import socket
import subprocess
import time

from checks import expect, expect_that, figure, run
from node import PROGRAM, Node, folder, run_program, wait_until
from otlp import identifiers, plain_trace, span, trace_request

NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens


def _text(stream):
    return stream.decode(errors="replace")


def help_everywhere():
    """Every command explains itself on standard output, with every option described."""
    waiting, seen = [()], 0
    while waiting:
        path = waiting.pop()
        result = run_program(*path, "--help")
        name = " ".join(("neoscope", *path))
        text = _text(result.stdout)
        expect(f"{name} --help: exit code", result.returncode, 0)
        expect(f"{name} --help: standard error", result.stderr, b"")
        expect_that(f"{name} --help: an overview", text.startswith("OVERVIEW: "), text[:200])
        for line in text.splitlines():
            option = re.match(r"  (-\S+(, -\S+)*( <\S+>)?)$", line)
            following = text.split(line, 1)[1].split("\n")[1:2] if option else []
            if option and not (following and following[0].startswith(" " * 20)):
                expect(f"{name} --help: {option[1]} is described", line, "a description")
        expect(f"{name} --help: same as help", _text(run_program("help", *path).stdout), text)
        if "SUBCOMMANDS:" in text:
            listed = text.split("SUBCOMMANDS:", 1)[1].split("\n\n")[0]
            names = re.findall(r"^  ([a-z][a-z-]*)(?: |$)", listed, re.MULTILINE)
            waiting += [(*path, one) for one in names]
        seen += 1
    figure("commands", seen)
    expect_that("all commands of the issue are there", seen >= 14, seen)
    top = _text(run_program("--help").stdout)
    for name in ("up", "report", "health", "trace", "services", "metrics", "config", "load", "purge", "version"):
        expect_that(f"{name} is listed", re.search(rf"^  {name} ", top, re.MULTILINE) is not None)


def exit_codes():
    """0 well, 1 failure or unhealthy, 2 usage; a sentence on standard error, data on standard output only."""
    unknown = "0" * 31 + "1"
    with folder() as place, Node(place + "/data") as node:
        _, request = plain_trace(identifiers(100))
        node.post("/v1/traces", request.SerializeToString())
        here, nowhere = ["--endpoint", node.api], ["--endpoint", NOWHERE]
        cases = [
            (0, ["version"]),
            (0, ["--version"]),
            (0, ["health", *here]),
            (0, ["services", *here]),
            (0, ["trace", "search", *here]),
            (0, ["trace", "search", "--service", "tested", "--min-duration", "1us", "--limit", "5", *here]),
            (0, ["trace", "search", "--from", "-15m", "--to", "-1s", *here]),
            (0, ["metrics", "query", "system.cpu.utilization", "--from", "-1h", *here]),
            (0, ["report", "--from", "-5m", *here]),
            (0, ["report", "--from=-5m", *here]),
            (0, ["report", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z", *here]),
            (0, ["report", "--from", "1790000000", *here]),
            (1, ["health", *nowhere]),
            (1, ["report", *nowhere]),
            (1, ["services", *nowhere]),
            (1, ["trace", "get", unknown, *nowhere]),
            (1, ["trace", "get", unknown, *here]),
            (2, ["trace", "get", "xyz", *here]),
            (2, ["trace", "get"]),
            (2, ["trace", "get", unknown, "--output", "xml"]),
            (2, ["trace", "search", "--limit", "many", *here]),
            (2, ["trace", "search", "--from", "yesterday", *here]),
            (2, ["trace", "search", "--min-duration", "soon", *here]),
            (2, ["trace", "search", "--operation", "x", *here]),
            (2, ["report", "--from", "never", *here]),
            (2, ["report", "--endpoint", "no url at all"]),
            (2, ["purge", "--data-dir", node.data]),
            (0, ["purge", "--before", "-30d", "--data-dir", node.data]),
            (0, ["purge", "--before=-30d", "--data-dir", node.data]),
            (2, ["purge", "--before", "-30d", "--trace", unknown, "--data-dir", node.data]),
            (2, ["purge", "--before", "-30d", "--data-dir", node.data, "--set", "storage.durability=never"]),
            (2, ["purge", "--before", "-30d", "--config", place + "/no.yaml"]),
            (0, ["metrics", "query", "system.cpu.utilization", "--since", "5m", "--to", "-2m", *here]),
            (2, ["metrics", "query", "system.cpu.utilization", "--since", "5m", "--from", "-2m", *here]),
            (2, ["purge", "--trace", "xyz", "--data-dir", node.data]),
            (2, ["purge", "--before", "soon", "--data-dir", node.data]),
            (1, ["purge", "--trace", unknown, "--data-dir", place + "/nothing"]),
            (2, ["nothing"]),
            (2, ["--nothing"]),
            (2, ["up", "--nothing"]),
            (2, ["up", "surplus"]),
            (2, ["up", "--set", "nonsense"]),
            (2, ["up", "--set", "storage.durability=never"]),
            (2, ["up", "--api", "no port"]),
            (2, ["up", "--api", "127.0.0.1:99999"]),
            (2, ["up", "--config", place + "/no.yaml"]),
            (2, ["config", "print", "--output", "xml"]),
        ]
        for code, arguments in cases:
            name = " ".join(arguments).replace(node.api, "API").replace(place, "PLACE")
            result = run_program(*arguments, seconds=8)
            expect(f"{name}: exit code", result.returncode, code)
            if code:
                expect(f"{name}: nothing on standard output", result.stdout, b"")
                expect_that(f"{name}: a sentence on standard error", len(result.stderr) > 15, result.stderr)
            else:
                expect(f"{name}: nothing on standard error", result.stderr, b"")
                expect_that(f"{name}: something on standard output", result.stdout != b"")
        by_environment = run_program("services", "--output", "json", environment={"NEOSCOPE_ENDPOINT": node.api})
        expect("NEOSCOPE_ENDPOINT", json.loads(by_environment.stdout), {"services": ["tested"], "missing_nodes": []})
        expect("up writes nothing to standard output", _up_output(place), b"")
        piped = subprocess.run(
            f"'{PROGRAM}' report --endpoint {node.api} | head -c 1", shell=True, capture_output=True, timeout=20
        )
        expect("a reader that goes away is no failure", (len(piped.stdout), piped.stderr), (1, b""))


def _up_output(place):
    """What `up` writes to standard output between its start and its end."""
    ports = [part for name in ("--api", "--otlp-http", "--otlp-grpc") for part in (name, "127.0.0.1:0")]
    with subprocess.Popen(
        [PROGRAM, "up", "--data-dir", place + "/other", *ports], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        wait_until(lambda: os.path.exists(place + "/other/endpoints.json"), 20)
        process.terminate()
        return process.communicate(timeout=20)[0]


def unhealthy():
    """A node that refuses telemetry is unhealthy, and the command says so."""
    with folder() as place, Node(place + "/data", "storage.low_disk_bytes=1000000GiB") as node:
        result = node.command_line("health")
        expect("exit code", result.returncode, 1)
        expect_that("it names the disk", b"disk" in result.stdout + result.stderr, result)
        report = json.loads(node.command_line("report", "--output", "json").stdout)["health"]
        expect("the report says the same", (report["status"], report["score"]), ("unhealthy", 49))
        expect_that("and why", any("disk" in line for line in report["details"]["failing"]), report)
        head = _text(node.command_line("report").stdout).split("\n\n")[0]
        expect_that("so does the screen", "unhealthy" in head and "disk" in head, head)


def configuration_errors():
    """Every error at once, each with its key, and the nearest known one for an unknown one."""
    with folder() as place:
        path = place + "/neoscope.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                "storage:\n  durabilty: batch\n  segment_bytes: lots\n  retention_age: -1d\n"
                "otlp:\n  http:\n    listn: 127.0.0.1:1\n  connections_max: 0\nsensors:\n  enabled: perhaps\n"
            )
        arguments = ["config", "validate", "--config", path, "--set", "sampling.share=2", "--set", "series.maxx=1"]
        result = run_program(*arguments, environment={"NEOSCOPE_LOG_LEVEL": "loud", "NEOSCOPE_API_LISTN": "x"})
        text = _text(result.stderr)
        expect("exit code", result.returncode, 2)
        expect("nothing on standard output", result.stdout, b"")
        for word in (
            "storage.durabilty",
            "storage.durability",
            "storage.segment_bytes",
            "storage.retention_age",
            "otlp.http.listn",
            "otlp.http.listen",
            "otlp.connections_max",
            "sensors.enabled",
            "sampling.share",
            "series.maxx",
            "series.max",
            "log.level",
            "NEOSCOPE_API_LISTN",
            "NEOSCOPE_API_LISTEN",
        ):
            expect_that(f"it names {word}", word in text, text)
        up = run_program("up", "--data-dir", place + "/data", "--config", path)
        expect_that("up says the same", up.returncode == 2 and "storage.segment_bytes" in _text(up.stderr), up)
        expect("and makes no folder", os.path.exists(place + "/data"), False)
        for name, content in (("no YAML", "a: [1\nb: }"), ("a list", "- a\n- b\n"), ("bytes", "\x00\x01")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            result = run_program("config", "validate", "--config", path)
            expect_that(
                f"{name}: refused with the file's name",
                result.returncode == 2 and path in _text(result.stderr),
                result,
            )
        for name, content in (("empty", ""), ("a comment", "# nothing\n"), ("good", "log:\n  level: debug\n")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            result = run_program("config", "validate", "--config", path)
            expect(f"{name}: taken", (result.returncode, result.stderr), (0, b""))
        result = run_program("config", "validate", "--config", place)
        expect("a folder as configuration", result.returncode, 2)


def configuration_origin():
    """default < file < environment < arguments, and config print --origin says which."""
    with folder() as place:
        path = place + "/neoscope.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                "log:\n  level: debug\nstorage:\n  durability: os\n  segment_age: 1m\n"
                "redaction:\n  attributes: [one.key, two.key]\n"
            )
        environment = {"NEOSCOPE_STORAGE_DURABILITY": "always", "NEOSCOPE_STORAGE_SEGMENT_AGE": "2m"}
        arguments = ["--config", path, "--set", "storage.segment_age=3m"]
        for output in ([], ["--output", "json"]):
            result = run_program("config", "print", "--origin", *arguments, *output, environment=environment)
            expect("exit code", result.returncode, 0)
            text = _text(result.stdout)
            rows = json.loads(text) if output else [line for line in text.splitlines()[1:] if line.strip()]

            def row(key):
                found = (
                    [one for one in _rows(rows) if key in one.split()]
                    if not output
                    else [json.dumps(one) for one in _rows(rows) if key in json.dumps(one)]
                )
                return found[0] if found else ""

            for key, value, origin in (
                ("log.level", "debug", path),
                ("storage.durability", "always", "NEOSCOPE_STORAGE_DURABILITY"),
                ("storage.segment_age", "3m", "argument"),
                ("storage.retention_age", "7d", "default"),
                ("redaction.attributes", "two.key", path),
            ):
                expect_that(
                    f"{key} = {value} from {origin}, {output}", value in row(key) and origin in row(key), row(key)
                )
        wide = max(len(line) for line in _text(run_program("config", "print").stdout).splitlines())
        expect_that("a table fits a wide screen", wide <= 200, wide)


def _rows(document):
    """The rows of whatever list the answer has."""
    if isinstance(document, dict):
        lists = [inner for inner in document.values() if isinstance(inner, list)]
        return lists[0] if lists else [{"key": key, "row": inner} for key, inner in document.items()]
    return document


SHAPES = {
    "trace": {"trace_id", "spans"},
    "metrics": {"cpu_usage", "memory_usage", "operation_duration", "operation_count"},
    "profile": {"operation_id", "duration_ms", "slow_functions", "memory_leaks", "recommendations"},
    "bottleneck": {"type", "severity", "description", "affected_operations"},
    "health": {"status", "score", "details"},
}
SPAN = {"span_id", "parent_span_id", "operation_name", "start_time", "duration_ms", "status", "tags"}


def report_shapes():
    """Every key of the seed's shapes is always there; what is filled has the seed's shape."""
    with folder() as place, Node(place + "/data", sensors=True) as node:
        _check_report(node, "of a node that has just started")
        source = identifiers(101)
        trace_id, now = source.randbytes(16), time.time_ns()
        root = span(source, trace_id, "root", start_time_unix_nano=now - 10**9, end_time_unix_nano=now)
        child = span(
            source,
            trace_id,
            "child",
            parent_span_id=root.span_id,
            start_time_unix_nano=now - 10**8,
            end_time_unix_nano=now,
            attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "model-of-report",
                "gen_ai.usage.input_tokens": 4711,
                "gen_ai.tool.name": "tool-of-report",
            },
        )
        child.status.code = 2
        node.post("/v1/traces", trace_request([root, child], service="reported").SerializeToString())
        ready = lambda report: report["host"] and report["metrics"]["operation_count"]["total"] == 2
        counted = wait_until(lambda: ready(_report(node)), 20, 0.5)
        expect_that("spans are counted in the report, and the host is known", counted, _report(node)["metrics"])
        report = _check_report(node, "with a trace")
        expect("the trace", report["trace"] and report["trace"]["trace_id"], trace_id.hex())
        expect("errors", report["metrics"]["operation_count"], {"total": 2, "success": 1, "error": 1})
        duration = report["metrics"]["operation_duration"]
        expect_that("durations in ms", 100 <= duration["avg"] <= 1000 <= 1.1 * duration["p99"], duration)
        usage = (report["metrics"]["cpu_usage"], report["metrics"]["memory_usage"])
        expect_that("cpu_usage in percent", usage[0] is not None and 0 <= usage[0] <= 100, usage)
        expect_that("memory_usage in bytes", usage[1] is not None and usage[1] > 1 << 20, usage)
        table = node.command_line("report")
        text = _text(table.stdout)
        expect_that(
            "the table names host, service, operation, model and tool",
            all(word in text.lower() for word in ("cpu", "memory", "reported", "root", "model-of-report", "tool-of")),
            text,
        )
        model = re.search(r"model-of-report +1 +100.0 % +(\S+)", text)
        expect("the model's tokens", model and model[1], "4711")
        expect_that("a table is no wider than a screen", max(map(len, text.splitlines())) <= 160, text)
        expect_that("processes of a time that ends now", "pid" in text and report["host"]["live"], text)
        past = ["report", "--from", "2020-01-01T00:00:00Z", "--to", "2020-01-02T00:00:00Z"]
        empty = json.loads(node.command_line(*past, "--output", "json").stdout)
        expect("a report of a time without data", empty["metrics"]["operation_count"]["total"] in (0, None), True)
        expect("its host", empty["host"], None)
        expect("its CPU and memory", (empty["metrics"]["cpu_usage"], empty["metrics"]["memory_usage"]), (None, None))
        text = _text(node.command_line(*past).stdout)
        expect_that("its screen has no host of now", "no figures" in text and "CPU" not in text, text)
        _check_past(node)


def _check_past(node):
    """The host of a range that ended is what was stored of it."""
    range_of_past = ["report", "--from", "-10m", "--to", "-11s"]
    ask = lambda: json.loads(node.command_line(*range_of_past, "--output", "json").stdout)
    # The very first sample has no rates, and may be all that its window has.
    known = lambda host: host if host and host["cpu_utilization"] is not None else None
    host = wait_until(lambda: known(ask()["host"]), 30, 0.5)
    if expect_that("the host of a past range is known", host):
        expect("it is not live", (host["live"], host["top_cpu"]), (False, None))
        expect_that("its CPU is a share", 0 <= host["cpu_utilization"] <= 1, host)
        expect_that("its memory", host["memory"]["total"] > host["memory"]["used"] > 1 << 20, host)
        expect_that("its metrics", ask()["metrics"]["cpu_usage"] is not None, host)
        text = _text(node.command_line(*range_of_past).stdout)
        expect_that("the screen says so", "means over" in text and "only for a time that ends now" in text, text)
        expect_that("and shows no process", "pid" not in text, text)


def _report(node):
    return json.loads(node.command_line("report", "--output", "json").stdout)


def _check_report(node, sentence):
    report = _report(node)
    for key, members in SHAPES.items():
        if expect_that(f"{sentence}: {key} is there", key in report, sorted(report)) and report[key] is not None:
            inner = report[key]["bottleneck"] if key == "bottleneck" and "bottleneck" in report[key] else report[key]
            expect(f"{sentence}: members that {key} lacks", sorted(members - set(inner)), [])
    expect_that(f"{sentence}: recommendations is a list", isinstance(report.get("recommendations"), list), report)
    health = report["health"]
    expect_that(
        f"{sentence}: health",
        health["status"] in ("healthy", "degraded", "unhealthy") and 0 <= health["score"] <= 100,
        health,
    )
    metrics = report["metrics"]
    expect(f"{sentence}: operation_duration", sorted(metrics["operation_duration"]), ["avg", "p95", "p99"])
    expect(f"{sentence}: operation_count", sorted(metrics["operation_count"]), ["error", "success", "total"])
    for one in (report["trace"] or {}).get("spans", []):
        expect(f"{sentence}: members that a span lacks", sorted(SPAN - set(one)), [])
        expect_that(
            f"{sentence}: status", one["status"] in ("success", "error", "timeout", "cancelled"), one["status"]
        )
        expect_that(
            f"{sentence}: start_time", re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", one["start_time"]), one
        )
    return report


def completions():
    """Completions for every shell, which the shell itself can read."""
    for shell in ("bash", "zsh", "fish"):
        result = run_program("--generate-completion-script", shell)
        expect(f"{shell}: exit code", result.returncode, 0)
        expect_that(f"{shell}: it knows the commands", b"purge" in result.stdout, result.stdout[:200])
        if shell == "bash":
            checked = subprocess.run(["bash", "-n"], input=result.stdout, capture_output=True, timeout=20)
            expect("bash can read it", (checked.returncode, checked.stderr), (0, b""))
    expect("an unknown shell", run_program("--generate-completion-script", "csh").returncode, 2)


def data_directory():
    """Without --data-dir, $STATE_DIRECTORY; owner only; a folder with spaces and other scripts."""
    ports = [part for name in ("--api", "--otlp-http", "--otlp-grpc") for part in (name, "127.0.0.1:0")]
    with folder() as place:
        state = place + "/state ü"
        with subprocess.Popen(
            [PROGRAM, "up", *ports], stderr=subprocess.PIPE, env={**os.environ, "STATE_DIRECTORY": state}
        ) as process:
            found = wait_until(lambda: os.path.exists(state + "/endpoints.json"), 20)
            process.terminate()
            log = process.communicate(timeout=20)[1]
        expect_that("$STATE_DIRECTORY is used", found, log[-500:])
        expect("it stops well", process.returncode, 0)
        expect("what others may do in it", os.stat(state).st_mode & 0o007, 0)


def taken_port():
    """A start that fails names the address that is taken, and no other, in one line."""
    names = ("api", "otlp-http", "otlp-grpc")
    with folder() as place, socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for name in names:
            given = [part for one in names for part in ("--" + one, address if one == name else "127.0.0.1:0")]
            result = run_program("up", "--data-dir", place + "/data", *given, seconds=20)
            text = _text(result.stderr)
            key = name.replace("-", ".") + ".listen"
            expect(f"{name}: exit code", (result.returncode, result.stdout), (1, b""))
            expect(f"{name}: one line", len(text.splitlines()), 1)
            expect_that(f"{name}: it names the address", f"cannot listen on {address} ({key})" in text, text)
            expect(f"{name}: no other", "127.0.0.1:0" in text, False)
        long = place + "/" + "x" * 110
        ports = [part for one in names for part in ("--" + one, "127.0.0.1:0")]
        result = run_program("up", "--data-dir", long, *ports, seconds=20)
        expect("a long path: exit code", (result.returncode, result.stdout), (1, b""))
        expect("a long path: one line", len(_text(result.stderr).splitlines()), 1)
        expect_that("a long path: it says so", b"too long" in result.stderr, result.stderr)


def load():
    """neoscope load over every protocol: what it says was accepted has come in; the same seed sends the same."""
    for protocol, extra in (("http", []), ("http", ["--gzip"]), ("json", []), ("grpc", [])):
        with folder() as place, Node(place + "/data") as node:
            endpoint = node.endpoints["otlp_grpc"] if protocol == "grpc" else node.otlp_http
            arguments = ["load", "--protocol", protocol, *extra, "--duration", "1s", "--rate", "500", "--seed", "3"]
            result = run_program(*arguments, "--endpoint", endpoint, "--output", "json")
            name = " ".join((protocol, *extra))
            expect(f"{name}: exit code", result.returncode, 0)
            answer = json.loads(result.stdout)
            text = json.dumps(answer)
            expect_that(
                f"{name}: it tells accepted, refused and latency",
                all(word in text for word in ("accepted", "refused", "p99")),
                answer,
            )
            came = node.total("neoscope_items_in_total", stage="edge") - node.total(
                "neoscope_items_in_total", stage="edge", signal="slots"
            )
            expect(f"{name}: what was accepted came in", float(_number(answer.get("accepted", {}))), came)
            expect(f"{name}: accounts close", node.closed_accounts(), {})
            by_default = run_program(
                "load",
                "--duration",
                "1s",
                "--rate",
                "100",
                "--protocol",
                protocol,
                *extra,
                environment={"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
            )
            expect(f"{name}: OTEL_EXPORTER_OTLP_ENDPOINT", by_default.returncode, 0)
    result = run_program("load", "--duration", "1s", "--endpoint", NOWHERE, seconds=15)
    expect("nobody there: exit code", result.returncode, 1)
    expect("a wrong protocol: exit code", run_program("load", "--protocol", "smoke").returncode, 2)


def _number(answer):
    """All numbers in a part of an answer, added."""
    return sum(map(_number, answer.values())) if isinstance(answer, dict) else answer


SCENARIOS = {
    "help_everywhere": help_everywhere,
    "exit_codes": exit_codes,
    "unhealthy": unhealthy,
    "configuration_errors": configuration_errors,
    "configuration_origin": configuration_origin,
    "report_shapes": report_shapes,
    "completions": completions,
    "data_directory": data_directory,
    "taken_port": taken_port,
    "load": load,
}

if __name__ == "__main__":
    run(SCENARIOS)
