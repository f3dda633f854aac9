"""Scenarios of faults on real processes: run by scripts/chaos.

    PROGRAM=… python3 scripts/lib/chaos.py SCENARIO|all [--output table|json] [--previous PATH] [--short] [--seed N]

Everything is in namespaces of its own where they can be had, and on loopback otherwise.
"""

import argparse
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import isolation  # noqa: E402
import scenario as scenarios  # noqa: E402
from cluster import say  # noqa: E402
from trial import play  # noqa: E402

_COLUMNS = ["name", "sent", "acknowledged", "unknown", "read", "lost", "phantom", "duplicates", "totals_difference",
            "recovery_seconds", "equal_seconds", "holds"]


def play_all(chosen, options, is_isolated, folder):
    """Plays one scenario after the other, and tells; gives the exit code."""
    results = []
    for name, scenario in chosen.items():
        result = play(scenario, os.environ["PROGRAM"], options.previous, options.seed, is_isolated, folder)
        word = {True: "holds", False: "DOES NOT HOLD", None: "SKIPPED"}[result["holds"]]
        told = [f"recovered after {result['recovery_seconds']} s", *result["failures"], *result["notes"]]
        say(f"{name}: {word}; " + "; ".join(told))
        results.append(result)
    tell(results, options.output)
    sys.stdout.flush()
    return 0 if do_hold(results) else 1


def do_hold(results):
    """Whether nothing that was played fails to hold."""
    return all(result["holds"] is not False for result in results)


def tell(results, output):
    if output == "json":
        print(json.dumps({"scenarios": results, "holds": do_hold(results)}, indent=2))
        return
    rows = [_COLUMNS] + [[_word(result[column]) for column in _COLUMNS] for result in results]
    widths = [max(len(row[index]) for row in rows) for index in range(len(_COLUMNS))]
    for row in rows:
        words = [word.ljust(width) if index == 0 else word.rjust(width)
                 for index, (word, width) in enumerate(zip(row, widths))]
        print("  ".join(words))
    for result in results:
        for words in [*result["failures"], *result["notes"]]:
            print(f"{result['name']}: {words}")


def _word(value):
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def chosen_of(parser, name):
    known = scenarios.files()
    if name.endswith(".yaml"):
        return {os.path.basename(name).removesuffix(".yaml"): name}
    if name == "all":
        return known
    if name not in known:
        parser.error(f"there is no scenario {name}; there are {', '.join(known)}")
    return {name: known[name]}


def without_steps(parser, read, named):
    """Scenarios that have no step for processes; an error where one was named."""
    empty = [name for name, scenario in read.items() if not scenario.steps]
    if empty and "all" not in named:
        parser.error(f"{', '.join(empty)} has no step for processes; play it with neoscope simulate --scenario")
    return empty


def main():
    parser = argparse.ArgumentParser(prog="scripts/chaos")
    parser.add_argument("scenario", nargs="+", help="names of files in cluster/scenarios, or all, or a file's path")
    parser.add_argument("--output", choices=["table", "json"], default="table")
    parser.add_argument("--previous", help="a binary of the previous version, for rolling-upgrade")
    parser.add_argument("--short", action="store_true", help="the same faults within seconds, with less load")
    parser.add_argument("--seed", type=int, default=1, help="of the load and of the proxies")
    parser.add_argument("--loopback", action="store_true", help="no namespaces, even where they can be had")
    parser.add_argument("--check", action="store_true", help="reads the files, and plays nothing")
    options = parser.parse_args()
    chosen = {}
    for name in options.scenario:
        chosen |= chosen_of(parser, name)
    if options.previous:
        options.previous = os.path.abspath(options.previous)
    try:
        read = {name: scenarios.read(path, options.short) for name, path in chosen.items()}
    except scenarios.Invalid as error:
        parser.error(str(error))
    if options.check:
        isolation.remove_leftovers()
        print(json.dumps({name: len(scenario.steps) for name, scenario in read.items()}))
        return
    empty = without_steps(parser, read, options.scenario)

    def work(is_isolated, folder):
        if empty:
            say(f"for the simulation alone, and not played: {', '.join(empty)}")
        played = {name: scenario for name, scenario in read.items() if scenario.steps}
        return play_all(played, options, is_isolated, folder)

    isolation.run(work, options.loopback)


if __name__ == "__main__":
    main()
