"""Windows of a collector's own door that a crash leaves open: computed again, exactly, and counted once."""

import http.client
import random
import threading
import time

from checks import expect, expect_that, figure, run
from clustered import cluster, know_each_other
from node import exchange, folder, wait_until
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from otlp import attributes, log_request, plain_trace

OPERATIONS = ["read", "write", "list"]
CALLS, RECORDS, DELTAS, TOTALS = "traces.span.duration", "neoscope.log.records", "tested.deltas", "tested.totals"


class Tally:
    """What was acknowledged, and what nobody knows, by (metric, label)."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {}
        self.unknown = {}
        self.unanswered = 0

    def end(self, status):
        with self.lock:
            self.unanswered += status != 200

    def note(self, status, key, count):
        with self.lock:
            book = self.acknowledged if status == 200 else self.unknown
            book[key] = book.get(key, 0) + count


class Client:
    """Sends spans, logs and sums to one node's door until the node or the load ends; one thread."""

    def __init__(self, node, seed, tally):
        self.node, self.tally = node, tally
        self.source = random.Random(seed)
        # A process of its own: its cumulative sum begins when it does.
        self.start = time.time_ns()
        self.total = self.known_total = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def end(self):
        self.ended.set()
        self.thread.join(60)
        key = (TOTALS, "all")
        self.tally.note(200, key, self.known_total)
        self.tally.note(0, key, self.total - self.known_total)

    def _run(self):
        connection = http.client.HTTPConnection(*self.node.http_address(), timeout=30)
        try:
            while not self.ended.is_set():
                for send in (self._spans, self._spans, self._logs, self._sums):
                    send(connection)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    def _post(self, connection, path, message, counts):
        """An answer that does not come is like a refusal: it may be counted or not."""
        status = 0
        try:
            status = exchange(connection, "POST", path, message.SerializeToString(), "application/x-protobuf")[0]
        finally:
            self.tally.end(status)
            for key, count in counts.items():
                self.tally.note(status, key, count)
        return status

    def _spans(self, connection):
        name = self.source.choice(OPERATIONS)
        count = self.source.randrange(1, 6)
        # Services, and so partitions of slots and points, of all nodes.
        message = plain_trace(self.source, count, service=self._service(), name=name)[1]
        self._post(connection, "/v1/traces", message, {(CALLS, name): count})

    def _logs(self, connection):
        count = self.source.randrange(1, 4)
        message = log_request([{"body": "line", "severity_number": 9}] * count, service=self._service())
        self._post(connection, "/v1/logs", message, {(RECORDS, "all"): count})

    def _sums(self, connection):
        request = ExportMetricsServiceRequest()
        group = request.resource_metrics.add()
        group.resource.attributes.extend(attributes({"service.name": "summing"}))
        metrics = group.scope_metrics.add().metrics
        delta = self.source.randrange(1, 9)
        self.total += self.source.randrange(1, 9)
        for name, temporality, amount in ((DELTAS, 1, delta), (TOTALS, 2, self.total)):
            metric = metrics.add(name=name, unit="1")
            metric.sum.aggregation_temporality = temporality
            metric.sum.is_monotonic = True
            metric.sum.data_points.add(
                start_time_unix_nano=self.start, time_unix_nano=time.time_ns(), as_int=amount
            )
        if self._post(connection, "/v1/metrics", request, {(DELTAS, "all"): delta}) == 200:
            self.known_total = self.total

    def _service(self):
        return f"service-{self.source.randrange(8)}"


def _counted(node):
    """What a node tells of the whole cluster, by (metric, label)."""
    found = {}
    for name, field in ((CALLS, "count"), (RECORDS, "sum"), (DELTAS, "sum"), (TOTALS, "sum")):
        for line in node.get_json(f"/api/v1/metrics?name={name}&from=-1h")["series"]:
            key = (name, line["labels"]["span.name"] if name == CALLS else "all")
            found[key] = found.get(key, 0) + sum(point[field] for point in line["points"])
    return found


def _is_within(tally, found):
    keys = set(tally.acknowledged) | set(tally.unknown)
    wrong = {}
    for key in sorted(keys | set(found)):
        low = tally.acknowledged.get(key, 0)
        high = low + tally.unknown.get(key, 0)
        if not low <= found.get(key, 0) <= high:
            wrong[key] = f"{low} to {high} expected, {found.get(key, 0)} counted"
    return wrong


def _play(rounds, seed):
    source = random.Random(seed)
    with folder() as place, cluster(place, nodes=3) as (nodes, _):
        tally = Tally()
        for seconds, again in rounds:
            expect_that("all nodes know each other", know_each_other(nodes, 30))
            clients = [Client(nodes[0], source.randrange(1 << 40), tally) for _ in range(3)]
            clients.append(Client(nodes[1], source.randrange(1 << 40), tally))
            time.sleep(seconds)
            nodes[0].kill()
            for client in clients:
                client.end()
            nodes[0].start()
            for wait in again:
                # Also while it brings what it computed.
                time.sleep(wait)
                nodes[0].kill()
                nodes[0].start()
        expect_that("all nodes know each other", know_each_other(nodes, 30))
        figure("acknowledged", {" ".join(key): count for key, count in sorted(tally.acknowledged.items())})
        figure("unknown", {" ".join(key): count for key, count in sorted(tally.unknown.items())})
        # Within what is unknown a double count would hide: one request of each client and kill.
        figure("unanswered requests", tally.unanswered)
        expect_that("most is known", tally.unanswered <= 4 * len(rounds), tally.unanswered)
        # The other nodes' windows close by themselves.
        for node in nodes:
            wait_until(lambda: not _is_within(tally, _counted(node)), 25, 0.5)
            expect(f"{node.name}: totals are those that were acknowledged", _is_within(tally, _counted(node)), {})
        expect("all nodes tell the same", [_counted(node) for node in nodes[1:]], [_counted(nodes[0])] * 2)


def crashes():
    """A node that takes load at its own door crashes again and again, also while it makes good for the last time."""
    _play([(3, ()), (12, (0.2,)), (6, (0.05, 0.5))], seed=1)


def crashes_anywhere():
    """The same at other moments of a window."""
    _play([(10.5, ()), (1, (0.0,)), (8, ())], seed=2)


if __name__ == "__main__":
    run({"crashes": crashes, "crashes_anywhere": crashes_anywhere})
