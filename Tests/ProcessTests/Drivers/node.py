"""One neoscope process on loopback ports of its own: started, asked, watched, ended."""

import contextlib
import ctypes
import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

PROGRAM = os.environ["NEOSCOPE_TEST_PROGRAM"]
SIGNALS = ("spans", "logs", "points", "slots")
STAGES = ("edge", "store")
_libc = ctypes.CDLL(None)


def end_with_parent():
    """Asks the kernel to kill this process when its parent dies, so that no test leaves one behind."""
    _libc.prctl(1, signal.SIGKILL)


def wait_until(condition, seconds=10.0, every=0.05):
    """Asks until the answer is true or the time is over; gives the last answer."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() >= deadline:
            return answer
        time.sleep(every)


@contextlib.contextmanager
def folder():
    """A folder that is gone afterwards."""
    path = tempfile.mkdtemp(prefix="neoscope-test-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Node:
    """A running `neoscope up`."""

    def __init__(self, data, *settings, sensors=False, ready=30.0):
        self.data = data
        self.log_path = data.rstrip("/") + ".log"
        self.command = [PROGRAM, "up", "--data-dir", data]
        self.command += ["--api", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0"]
        for setting in settings:
            self.command += ["--set", setting]
        if not sensors:
            self.command += ["--set", "sensors.enabled=false"]
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("NEOSCOPE_")}
        self.ready_seconds = ready
        self.process = None
        self.endpoints = {}

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def start(self):
        """Starts the process and waits until it says that it is ready."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.data + "/endpoints.json")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, preexec_fn=end_with_parent, env=self.environment
            )
        path = self.data + "/endpoints.json"
        wait_until(lambda: os.path.exists(path) or self.process.poll() is not None, self.ready_seconds, 0.01)
        if not os.path.exists(path):
            raise RuntimeError(f"not ready, exit code {self.process.poll()}: {self.log()[-3000:]}")
        with open(path, encoding="utf-8") as file:
            self.endpoints = json.load(file)
        return self

    def kill(self):
        """Ends the process as a power failure would."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, seconds=60):
        """Asks the process to end, and gives its exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def is_alive(self):
        return self.process.poll() is None

    @property
    def api(self):
        return self.endpoints["api"]

    @property
    def otlp_http(self):
        return self.endpoints["otlp_http"]

    @property
    def otlp_grpc(self):
        return self.endpoints["otlp_grpc"].removeprefix("http://")

    def http_address(self):
        parts = urllib.parse.urlsplit(self.otlp_http)
        return parts.hostname, parts.port

    def grpc_address(self):
        host, port = self.otlp_grpc.rsplit(":", 1)
        return host, int(port)

    def get(self, path, seconds=60, headers=None):
        """Asks the API: status and body."""
        request = urllib.request.Request(self.api + path, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def administer(self, path, seconds=120):
        """Asks the administration socket for a change: status and body."""
        connection = http.client.HTTPConnection("localhost", timeout=seconds)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(seconds)
        connection.sock.connect(self.data + "/admin.sock")
        try:
            connection.request("POST", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get_json(self, path, seconds=60):
        """Asks the API for something that must be there."""
        status, body = self.get(path, seconds)
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {body[:500]!r}")
        return json.loads(body)

    def is_ready(self):
        return self.get("/readyz")[0] == 200

    def trace(self, trace_id, seconds=60):
        """A trace by the command line; None where there is none."""
        result = self.command_line("trace", "get", trace_id, "--output", "json", seconds=seconds)
        return json.loads(result.stdout) if result.returncode == 0 else None

    def command_line(self, *arguments, seconds=60):
        return subprocess.run(
            [PROGRAM, *arguments, "--endpoint", self.api], capture_output=True, timeout=seconds, env=self.environment
        )

    def post(self, path, body, content_type="application/x-protobuf", headers=None, compress=False, seconds=120):
        """Sends one OTLP request on a connection of its own: status, headers in lower case, body."""
        connection = http.client.HTTPConnection(*self.http_address(), timeout=seconds)
        try:
            return exchange(connection, "POST", path, body, content_type, headers, compress)
        finally:
            connection.close()

    def metrics(self):
        """Every sample of /metrics by name and labels."""
        status, body = self.get("/metrics")
        if status != 200:
            raise RuntimeError(f"/metrics: {status}")
        samples = {}
        for family in text_string_to_metric_families(body.decode()):
            for sample in family.samples:
                samples[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
        return samples

    def total(self, name, **labels):
        """The sum of a metric's samples that carry the labels."""
        wanted = set(labels.items())
        return sum(value for (other, own), value in self.metrics().items() if other == name and wanted <= set(own))

    def open_accounts(self):
        """The accounts of design 1.6 that do not close."""
        samples = self.metrics()
        wrong = {}
        for name in SIGNALS:
            for stage in STAGES:
                parts = {}
                for part in ("in_total", "recovered_total", "out_total", "held", "duplicate_total", "dropped_total"):
                    parts[part] = sum(
                        value
                        for (metric, labels), value in samples.items()
                        if metric == "neoscope_items_" + part
                        and ("signal", name) in labels
                        and ("stage", stage) in labels
                    )
                came = parts["in_total"] + parts["recovered_total"]
                went = parts["out_total"] + parts["held"] + parts["duplicate_total"] + parts["dropped_total"]
                if came != went:
                    wrong[f"{name}/{stage}"] = parts
        return wrong

    def closed_accounts(self, seconds=10):
        """Waits until nothing is held and all accounts close; gives what is still open."""

        def unsettled():
            held = {
                dict(labels)["signal"] + "/" + dict(labels)["stage"]: value
                for (name, labels), value in self.metrics().items()
                if name == "neoscope_items_held" and value and dict(labels)["signal"] != "slots"
            }
            return self.open_accounts() or held

        wait_until(lambda: not unsettled(), seconds, 0.1)
        return unsettled()


def exchange(connection, method, path, body, content_type=None, headers=None, compress=False):
    """One request on an open connection: status, headers in lower case, body."""
    fields = dict(headers or {})
    if content_type:
        fields["content-type"] = content_type
    if compress:
        body = gzip.compress(body, 1)
        fields["content-encoding"] = "gzip"
    connection.request(method, path, body, fields)
    answer = connection.getresponse()
    got = {name.lower(): value for name, value in answer.getheaders()}
    data = answer.read()
    if got.get("content-encoding") == "gzip":
        data = gzip.decompress(data)
    return answer.status, got, data


def run_program(*arguments, seconds=60, environment=None):
    """Runs a command of the program to its end; one that does not end gets that as its exit code."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NEOSCOPE_")}
    try:
        return subprocess.run(
            [PROGRAM, *arguments],
            capture_output=True,
            timeout=seconds,
            env={**clean, **(environment or {})},
            preexec_fn=end_with_parent,
        )
    except subprocess.TimeoutExpired as error:
        code = f"no end within {seconds} s"
        return subprocess.CompletedProcess(arguments, code, error.stdout or b"", error.stderr or b"")
