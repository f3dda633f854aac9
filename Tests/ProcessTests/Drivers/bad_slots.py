"""Slots and points that cannot be true, at the doors and from peers: contained, counted, and nothing else suffers."""

import random
import time

import frames
import peers
from checks import expect, expect_that, figure, run
from cluster_faults import events, greeted
from clustered import cluster
from node import folder, wait_until
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from otlp import attributes


def _refused(nodes, reason):
    return sum(node.total("neoscope_aggregate_refused_total", reason=reason) for node in nodes)


def _send(connection, frame, request):
    """Sends a frame first-hand, and gives the verdict of its outcome."""
    connection.sendall(peers.message(peers.FRAME, b"\x00\x00" + frame, request))
    while True:
        answer = peers.next_message(connection)
        if answer is None:
            return None
        kind, answered, body = answer
        if kind == peers.OUTCOME and answered == request:
            return body[0]


def _total(node, name):
    lines = node.get_json(f"/api/v1/metrics?name={name}&from=-1h")["series"]
    return sum(point["sum"] for line in lines for point in line["points"])


def origins():
    """Slots of other services' keys, of another's run, of windows that cannot be, and under a name that is taken."""
    source = random.Random(11)
    with folder() as place, cluster(place, nodes=3, agents=2) as (nodes, agents):
        run, other = ((source.getrandbits(64), source.getrandbits(64)) for _ in range(2))
        now = time.time_ns()
        window = now // frames.WINDOW - 1
        good = lambda amount, service="kept": frames.counter("tested.kept", service, window, amount)
        key = frames.service_key("kept")
        before = {reason: _refused(nodes, reason) for reason in ("foreign_subject", "too_old", "too_far_ahead")}
        foreign, clashes = sum(events(node, "foreign_run") for node in nodes), _clashes(nodes)
        with greeted(place, nodes[1], agents[0]) as elsewhere:
            expect("a sound frame", _send(elsewhere, frames.slots(run, 1, now, key, [good(5)], window), 1), 1)
        with greeted(place, nodes[0], agents[0]) as one, greeted(place, nodes[0], agents[1]) as two:
            expect("it again, at another node", _send(one, frames.slots(run, 1, now, key, [good(5)], window), 1), 1)
            # Not under its service's key.
            stray = frames.slots(run, 2, now, frames.service_key("elsewhere"), [good(1000)], window)
            expect("a slot of a wrong place is stored", _send(one, stray, 2), 1)
            for number, odd in enumerate((3, window - 100_000, window + 100_000, 2**60), start=3):
                item = frames.counter("tested.kept", "kept", odd, 7)
                verdict = _send(one, frames.slots(run, number, now, key, [item], odd), number)
                expect_that(f"window {odd} is answered", verdict is not None, verdict)
            # Another agent under this one's run, then another frame under this one's name: both are kept, and told.
            expect("another's run", _send(two, frames.slots(run, 9, now, key, [good(3)], window), 9), 1)
            clash = frames.slots(run, 1, now, key, [good(4)], window)
            expect_that("another frame of a taken name is answered", _send(two, clash, 10) in (1, 2, 3))
            for stamp in (now - 7 * 3600 * 10**9, now + 600 * 10**9):
                late = frames.slots(other, 1, stamp, key, [good(1 << 20)], window)
                expect_that("a frame of another day is not confirmed", _send(one, late, 11) not in (1, 2, None))
        counted = lambda reason: _refused(nodes, reason) - before[reason]
        for reason in before:
            expect_that(f"{reason} is counted", wait_until(lambda: counted(reason) > 0, 15, 0.2), counted(reason))
        expect_that("another's run is counted", sum(events(node, "foreign_run") for node in nodes) > foreign)
        expect_that("a taken name is counted", wait_until(lambda: _clashes(nodes) > clashes, 10, 0.2))
        for node in nodes:
            expect_that(f"{node.name} lives", node.is_alive() and node.is_ready(), node.log()[-1000:])
            latest = node.get_json("/api/v1/metrics/latest?name=tested.kept")
            expect_that("the newest window is no window of the future", _is_past(latest), latest)
            # 5 once, 3, and 4 under another name; no slot of a wrong place, and none of a window that cannot be.
            expect_that(f"{node.name}: totals are those of sound slots",
                        wait_until(lambda: _total(node, "tested.kept") == 12, 20, 0.5), _total(node, "tested.kept"))


def _clashes(nodes):
    return sum(node.total("neoscope_storage_clashing_frames_total") for node in nodes)


def _is_past(latest):
    start = latest["window"] and latest["window"]["from"]
    return start is None or start[:19] <= time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())


def many_series():
    """Ten thousand series from one agent, and impossible histograms among them: bounded, and every unit is there."""
    with folder() as place, cluster(place, nodes=2, agents=1) as (nodes, agents):
        sent = 0
        for part in range(10):
            request = ExportMetricsServiceRequest()
            group = request.resource_metrics.add()
            group.resource.attributes.extend(attributes({"service.name": f"crowded-{part % 3}"}))
            metric = group.scope_metrics.add().metrics.add(name="tested.crowd", unit="1")
            metric.sum.aggregation_temporality = 1
            metric.sum.is_monotonic = True
            for number in range(1000):
                point = metric.sum.data_points.add(as_int=number + 1)
                point.attributes.extend(attributes({"label": f"{part}-{number}"}))
                sent += number + 1
            bad = group.scope_metrics[0].metrics.add(name="tested.bad", unit="1")
            bad.histogram.aggregation_temporality = 1
            bad.histogram.data_points.add(count=3, bucket_counts=[1, 1, 1], explicit_bounds=[2.0, 1.0])
            bad.histogram.data_points.add(count=3, bucket_counts=[1, 1, 1], explicit_bounds=[1.0])
            status = agents[0].post("/v1/metrics", request.SerializeToString())[0]
            expect("the request is taken", status, 200)
        for node in nodes:
            expect_that(f"{node.name}: every unit", wait_until(lambda: _total(node, "tested.crowd") == sent, 30, 0.5),
                        (_total(node, "tested.crowd"), sent))
            lines = node.get_json("/api/v1/metrics?name=tested.crowd&from=-1h")["series"]
            figure(f"{node.name}: series", len(lines))
            # 2,000 of an agent and 500 of a service in one window, in two windows at most.
            expect_that("series are bounded", len(lines) <= 3 * 2 * 501, len(lines))
            overflow = [line for line in lines if line["labels"].get("otel.metric.overflow") == "true"]
            expect("each service has an overflow series", len(overflow), 3)
            expect("impossible histograms are no series", node.get_json("/api/v1/metrics?name=tested.bad")["series"], [])
        expect_that("overflow is counted", agents[0].total("neoscope_series_overflow_total") >= 5000)
        expect("impossible points are counted", agents[0].total("neoscope_points_impossible_total"), 20.0)


if __name__ == "__main__":
    run({"origins": origins, "many_series": many_series})
