"""What Prometheus, promtool, an OpenMetrics parser and node_exporter say about /metrics."""

import contextlib
import gzip
import json
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request

from checks import expect, expect_that, figure, run
from node import SIGNALS, STAGES, Node, end_with_parent, folder, wait_until
from otlp import identifiers, plain_trace, span, trace_request
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def _free_port():
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return chosen.getsockname()[1]


@contextlib.contextmanager
def _program(*command):
    """Another program that runs as long as the block does."""
    if not shutil.which(command[0]):
        raise RuntimeError(f"{command[0]} is not installed; run: bash scripts/lib/peers.sh")
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=end_with_parent
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _fetch(url, accept=None):
    request = urllib.request.Request(url, headers={"accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.headers["content-type"], answer.read().decode()


@contextlib.contextmanager
def _node_exporter():
    address = f"127.0.0.1:{_free_port()}"
    with _program("prometheus-node-exporter", f"--web.listen-address={address}", "--log.level=error"):
        url = f"http://{address}/metrics"

        def answers():
            with contextlib.suppress(OSError):
                return _fetch(url)

        expect_that("node_exporter answers", wait_until(answers, 15))
        yield url


def _work(node, seed):
    """Spans, errors and model calls, so that every family has samples."""
    source = identifiers(seed)
    trace_id = source.randbytes(16)
    spans = [span(source, trace_id, f"step {n}", kind=n % 6) for n in range(12)]
    spans[0].status.code = 2
    call = span(
        source,
        trace_id,
        "chat",
        kind=3,
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
        },
    )
    tool = span(
        source,
        trace_id,
        "execute_tool",
        attributes={
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "search",
        },
    )
    odd = plain_trace(source, 2, service='quote " back \\ slash\nline', name="ü {}=,")[1]
    for request in (trace_request([*spans, call, tool], service="shown"), odd):
        expect("work is taken", node.post("/v1/traces", request.SerializeToString())[0], 200)


def _wait_for_sample(node):
    """The first sample of the host's sensors."""
    expect_that("the host is sampled", wait_until(lambda: node.total("node_cpu_seconds_total") > 0, 15, 0.2))


def formats():
    """Both text forms by Accept, the accounts complete, and counters that never step back."""
    with folder() as place, Node(place + "/data", sensors=True) as node:
        _wait_for_sample(node)
        _work(node, 70)
        wait_until(lambda: any(name.startswith("traces_span") for name, _ in node.metrics()), 15, 0.5)
        kind, text = _fetch(node.api + "/metrics")
        expect_that("text: content type", kind.startswith("text/plain") and "version=0.0.4" in kind, kind)
        families = list(text_string_to_metric_families(text))
        expect_that("text: families", len(families) > 40, len(families))
        untyped = [one.name for one in families if one.type == "unknown" and not one.name.startswith("node_")]
        expect("text: families of our own without a type", untyped, [])
        expect("text: families without help", [one.name for one in families if not one.documentation], [])
        names = [one.name for one in families]
        expect("text: a family comes once", sorted({n for n in names if names.count(n) > 1}), [])
        for accept in (OPENMETRICS, OPENMETRICS + ";q=0.9,text/plain;q=0.1", "application/openmetrics-text"):
            kind, text = _fetch(node.api + "/metrics", accept)
            expect_that(f"Accept {accept[:40]}: content type", kind.startswith("application/openmetrics-text"), kind)
            expect_that("OpenMetrics: it ends with # EOF", text.endswith("# EOF\n"), text[-100:])
            try:
                parsed = list(openmetrics_families(text))
                expect_that("OpenMetrics: families", len(parsed) > 40, len(parsed))
            except ValueError as error:
                expect("OpenMetrics: the parser takes it", str(error), "")
        for accept in ("text/plain", "*/*", "text/html,*/*;q=0.8"):
            kind, _ = _fetch(node.api + "/metrics", accept)
            expect_that(f"Accept {accept}: text", kind.startswith("text/plain"), kind)
        samples = node.metrics()
        for part in ("in_total", "recovered_total", "out_total", "held", "duplicate_total", "dropped_total"):
            labels = {
                (dict(own)["signal"], dict(own)["stage"]) for name, own in samples if name == "neoscope_items_" + part
            }
            wanted = {(signal, stage) for signal in SIGNALS for stage in STAGES}
            expect(f"neoscope_items_{part}: every signal and stage", labels, wanted)
        reasons = [
            own for name, own in samples if name == "neoscope_items_dropped_total" and not dict(own).get("reason")
        ]
        expect("every drop has a reason", reasons, [])
        _check_monotonic(node)


def packed():
    """gzip where the scraper asks for it, as Prometheus and curl do, and the same page in it."""
    with folder() as place, Node(place + "/data", sensors=True) as node:
        _wait_for_sample(node)
        url = node.api + "/metrics"
        scrape = {"accept": OPENMETRICS + ",text/plain;version=0.0.4;q=0.2,*/*;q=0.1", "accept-encoding": "gzip"}
        with urllib.request.urlopen(urllib.request.Request(url, headers=scrape), timeout=20) as answer:
            expect("as Prometheus: content-encoding", answer.headers["content-encoding"], "gzip")
            expect("as Prometheus: vary", answer.headers["vary"], "Accept, Accept-Encoding")
            body = answer.read()
        text = gzip.decompress(body).decode()
        figure("bytes packed and plain", (len(body), len(text)))
        expect_that("as Prometheus: a quarter at most", len(body) * 4 < len(text), (len(body), len(text)))
        expect_that("as Prometheus: a whole page", len(list(openmetrics_families(text))) > 40, text[-200:])
        for options in (["--compressed"], [], ["--head", "--compressed"]):
            result = subprocess.run(["curl", "-s", "-S", "-i", *options, url], capture_output=True, timeout=20)
            head, _, page = result.stdout.decode().partition("\r\n\r\n")
            name = " ".join(["curl", *options])
            expect(f"{name}: exit code", (result.returncode, result.stderr), (0, b""))
            expect(f"{name}: packed", "content-encoding: gzip" in head.lower(), bool(options))
            expect(f"{name}: vary", "vary: accept, accept-encoding" in head.lower(), True)
            if "--head" not in options:
                expect_that(f"{name}: a whole page", len(list(text_string_to_metric_families(page))) > 40, page[-200:])


def _check_monotonic(node):
    """Counters and histogram parts over the end of a window."""
    counters = ("_total", "_count", "_sum", "_bucket")
    before = node.metrics()
    for step in range(8):
        _work(node, 71 + step)
        time.sleep(1.5)
        after = node.metrics()
        back = {
            f"{name}{labels}": (value, after.get((name, labels)))
            for (name, labels), value in before.items()
            if name.endswith(counters) and after.get((name, labels), -1) < value
        }
        if back:
            expect("counters that stepped back or went away", back, {})
        before = after
    expect_that("no counter stepped back", True)


def prometheus():
    """Prometheus from Debian scrapes it: up, and series can be asked for."""
    with folder() as place, Node(place + "/data", sensors=True) as node:
        _work(node, 90)
        target = node.api.removeprefix("http://")
        with open(place + "/prometheus.yml", "w", encoding="utf-8") as file:
            file.write(
                "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: neoscope\n  static_configs:\n"
                f"  - targets: ['{target}']\n"
            )
        address = f"127.0.0.1:{_free_port()}"
        command = [
            "prometheus",
            f"--config.file={place}/prometheus.yml",
            f"--storage.tsdb.path={place}/tsdb",
            f"--web.listen-address={address}",
            "--log.level=error",
        ]
        with _program(*command):

            def ask(query):
                with contextlib.suppress(OSError):
                    text = _fetch(f"http://{address}/api/v1/query?query=" + urllib.parse.quote(query))[1]
                    return [(one["metric"], one["value"][1]) for one in json.loads(text)["data"]["result"]]

            up = wait_until(lambda: [value for _, value in ask("up") or []] == ["1"], 30, 0.25)
            expect_that("up is 1", up, ask("up"))
            for query in (
                'neoscope_items_in_total{signal="spans",stage="edge"}',
                "node_cpu_seconds_total",
                "node_memory_MemAvailable_bytes",
                "node_load1",
                "process_resident_memory_bytes",
                "rate(node_cpu_seconds_total[10s])",
            ):
                found = wait_until(lambda query=query: ask(query), 15, 0.5)
                expect_that(f"Prometheus has {query}", bool(found), found)
            spans = [value for _, value in ask('neoscope_items_in_total{signal="spans",stage="edge"}')]
            expect("and the right number", spans, ["16"])
            quoted = wait_until(lambda: ask('{service_name=~"(?s:quote.*)"}'), 20, 0.5)
            expect_that(
                "a label with quotes, a backslash and a line end arrives whole",
                any('quote " back \\ slash\nline' in metric.values() for metric, _ in quoted or []),
                quoted,
            )
            text = _fetch(f"http://{address}/api/v1/targets")[1]
            errors = [one["lastError"] for one in json.loads(text)["data"]["activeTargets"]]
            expect("the target has no error", errors, [""])


def promtool():
    """promtool complains about nothing that it does not complain about on node_exporter's page."""
    with folder() as place, Node(place + "/data", sensors=True) as node, _node_exporter() as exporter:
        _wait_for_sample(node)
        _work(node, 91)
        wait_until(lambda: any(name.startswith("traces_span") for name, _ in node.metrics()), 15, 0.5)

        def complaints(page):
            result = subprocess.run(
                ["promtool", "check", "metrics"], input=page.encode(), capture_output=True, timeout=60
            )
            return set((result.stdout + result.stderr).decode().splitlines())

        theirs = complaints(_fetch(exporter)[1])
        ours = complaints(_fetch(node.api + "/metrics")[1])
        figure("complaints about node_exporter's own page", len(theirs))
        expect("complaints about names that node_exporter does not have", sorted(ours - theirs), [])


def node_exporter():
    """The same names, types and labels as node_exporter, and the same CPU time."""
    with folder() as place, Node(place + "/data", sensors=True) as node, _node_exporter() as exporter:
        _wait_for_sample(node)
        time.sleep(2)
        theirs_text = _fetch(exporter)[1]
        ours_text = _fetch(node.api + "/metrics")[1]
        theirs = {one.name: one for one in text_string_to_metric_families(theirs_text)}
        ours = {one.name: one for one in text_string_to_metric_families(ours_text) if one.name.startswith("node_")}
        figure("families under node_exporter's names", len(ours))
        expect("families that node_exporter on this host does not have", sorted(set(ours) - set(theirs)), [])
        for name in sorted(set(ours) & set(theirs)):
            expect(f"{name}: type", ours[name].type, theirs[name].type)
            labels = [_label_names(side[name]) for side in (ours, theirs)]
            expect(f"{name}: labels", labels[0], labels[1])
        for name in _NEEDED:
            expect_that(
                f"{name} is there", name in ours or name + "_total" in ours or name.removesuffix("_total") in ours
            )
        _compare_cpu(ours["node_cpu_seconds"], theirs["node_cpu_seconds"])


_NEEDED = (
    "node_cpu_seconds_total",
    "node_load1",
    "node_load5",
    "node_load15",
    "node_memory_MemTotal_bytes",
    "node_memory_MemAvailable_bytes",
    "node_disk_io_time_seconds_total",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "node_network_receive_bytes_total",
    "node_network_transmit_bytes_total",
    "node_boot_time_seconds",
    "node_context_switches_total",
    "node_procs_running",
    "node_uname_info",
)


def _label_names(family):
    """The sets of label names in a family; a label with an empty value is none to Prometheus."""
    return {tuple(sorted(name for name, text in sample.labels.items() if text)) for sample in family.samples}


def _compare_cpu(ours, theirs):
    """Per mode and core within 2 % or 0.2 s."""
    sides = [
        {(sample.labels["cpu"], sample.labels["mode"]): sample.value for sample in side.samples}
        for side in (ours, theirs)
    ]
    expect("the same cores and modes", sorted(sides[0]), sorted(sides[1]))
    apart = {}
    for key, value in sides[1].items():
        difference = abs(sides[0].get(key, -1) - value)
        if difference > max(0.2, 0.02 * value):
            apart[key] = (sides[0].get(key), value)
    figure("CPU seconds that differ most", max(abs(sides[0].get(k, 0) - v) for k, v in sides[1].items()))
    expect("cores and modes more than 2 % and 0.2 s apart", apart, {})


SCENARIOS = {
    "formats": formats,
    "packed": packed,
    "prometheus": prometheus,
    "promtool": promtool,
    "node_exporter": node_exporter,
}

if __name__ == "__main__":
    run(SCENARIOS)
