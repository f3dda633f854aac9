"""Records what a scenario checks, one JSON line per check on standard output, and runs scenarios by name.

A check has a sentence, whether it held, and, where it did not, what was expected and what came. The last line says
that the scenario came to its end; without it the test fails.
"""

import json
import sys
import traceback

_count = 0
LONGEST = 1500


def _emit(line):
    sys.stdout.write(json.dumps(line, default=repr) + "\n")
    sys.stdout.flush()


def _short(value, longest=LONGEST):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= longest else text[:longest] + f"… ({len(text)} characters)"


def expect(sentence, got, expected=True):
    """Checks that something equals what was expected; tells whether it does."""
    global _count
    _count += 1
    held = got == expected
    if held:
        _emit({"check": sentence, "held": True})
    else:
        _emit({"check": sentence, "held": False, "expected": _short(expected), "got": _short(got)})
    return held


def expect_that(sentence, held, got=None):
    """Checks that something holds; `got` says what was seen where it does not."""
    global _count
    _count += 1
    if held:
        _emit({"check": sentence, "held": True})
    else:
        _emit({"check": sentence, "held": False, "expected": "it holds", "got": _short(got)})
    return bool(held)


def figure(name, value):
    """Tells a number that a reader of the log wants to see."""
    _emit({"figure": name, "value": value})


def run(scenarios):
    """Runs the scenarios named on the command line, or all: the entry point of every driver."""
    chosen = sys.argv[1:] or list(scenarios)
    for name in chosen:
        try:
            scenarios[name]()
        except BaseException as error:  # an exception is a failed check, whatever it is
            # With what a process said last, which stands at the end.
            told = _short(traceback.format_exc(), 4 * LONGEST)
            _emit({"check": f"{name} runs to its end", "held": False, "got": told})
            if not isinstance(error, Exception):
                raise
    _emit({"finished": chosen, "checks": _count})
