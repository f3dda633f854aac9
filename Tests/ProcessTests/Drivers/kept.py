"""What must be there before and after whatever comes in."""

from checks import expect, expect_that
from otlp import identifiers, plain_trace


class Kept:
    """A trace from before the bad input, to be found after it."""

    def __init__(self, node):
        self.node = node
        self.trace_id, request = plain_trace(identifiers(60), 5, service="before", name="kept")
        status = node.post("/v1/traces", request.SerializeToString())[0]
        expect("something good comes first", status, 200)

    def check(self):
        """The node lives, is ready, has what it had, and its accounts close."""
        expect_that("the process lives", self.node.is_alive(), self.node.log()[-2000:])
        expect("it is ready", self.node.get("/readyz")[0], 200)
        expect("what was there before is there", self.node.trace(self.trace_id.hex())["span_count"], 5)
        expect("accounts close", self.node.closed_accounts(), {})
        status, _, _ = self.node.post("/v1/traces", plain_trace(identifiers(61))[1].SerializeToString())
        expect("it goes on taking", status, 200)
