"""The report of a three-node cluster as one HTML file, and pictures of it in Chromium: run by scripts/prove.

    PROGRAM=… python3 scripts/lib/prove_report.py [--seconds S] [--rate R] [--folder DIR]

Prints one JSON object with the paths, for somebody to look at; exits 1 where a page is not what it must be: whole,
without anything from elsewhere, without errors in the browser's console, no wider than the window, and with every span
counted once. PROGRAM names the binary.
"""

import argparse
import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from accounting import wait_for_spools  # noqa: E402
from cluster import say  # noqa: E402
from prove_cluster import running  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Name, width and options of each picture; a phone's width is the narrowest.
PICTURES = [("wide-light", 1440, []), ("wide-dark", 1440, ["--force-dark-mode"]), ("narrow", 390, [])]
HEIGHT_MAX = 16_000
# Figures of calls are of whole windows of ten seconds.
FIGURES_SECONDS_MAX = 40


def load(cluster, rate, seconds):
    """Agents' work through every agent at once; gives the spans that were accepted."""
    facts = cluster.facts
    with contextlib.ExitStack() as stack:
        loaders = []
        for number, agent in enumerate(facts["agents"]):
            loaders.append(subprocess.Popen(
                [facts["program"], "load", "--endpoint", agent["otlp_http"], "--rate", str(rate / len(facts["agents"])),
                 "--duration", f"{seconds}s", "--seed", str(number + 1), "--output", "json"],
                stdout=subprocess.PIPE, text=True))
            stack.callback(loaders[-1].kill)
        answers = [loader.communicate(timeout=seconds + 60)[0] for loader in loaders]
    return sum(json.loads(answer)["accepted"]["spans"] for answer in answers)


def report(cluster, node, output):
    """The report as a node tells it to the operator."""
    return cluster.command("report", *cluster.as_operator(node), "--output", output)


def calls(cluster, node):
    """How many calls the report tells of, over all services."""
    return sum(service["count"] for service in json.loads(report(cluster, node, "json"))["services"])


def wait_for_figures(cluster, spans):
    """Waits until the last window has closed everywhere; gives what each node counts then."""
    end = time.monotonic() + FIGURES_SECONDS_MAX
    while True:
        counts = {node["name"]: calls(cluster, node) for node in cluster.facts["nodes"]}
        if set(counts.values()) == {spans} or time.monotonic() > end:
            return counts
        time.sleep(0.5)


def chromium(profile, page, *options):
    """Runs Chromium without a window once; gives what it wrote on standard output and error."""
    run = subprocess.run(
        ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
         f"--user-data-dir={profile}", "--enable-logging=stderr", *options, page.as_uri()],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return run.stdout, run.stderr


def measured(profile, page, width):
    """Height and width in pixels that a page takes in a window of this width, and complaints on its console."""
    probe = page.with_name("probe.html")
    # The page itself runs no script of ours: it is looked at from a frame's outside, of the window's width.
    probe.write_text(f"""<!doctype html><body style="margin:0">
<iframe id="page" src="{page.name}" style="width:{width}px;height:900px;border:0"></iframe><pre id="out"></pre><script>
window.onload = () => {{ const root = document.getElementById("page").contentDocument.documentElement;
document.getElementById("out").textContent = "size " + root.scrollWidth + " " + root.scrollHeight; }}</script>""")
    out, errors = chromium(profile, probe, "--allow-file-access-from-files", f"--window-size={max(width, 600)},900",
                           "--virtual-time-budget=5000", "--dump-dom")
    probe.unlink()
    size = re.search(r"size (\d+) (\d+)", out)
    if not size:
        raise RuntimeError(f"the page could not be measured: {errors[-300:]}")
    return int(size.group(1)), int(size.group(2)), re.findall(r"CONSOLE.*", errors)


def picture(profile, page, name, width, options):
    """Takes a picture of the whole page; gives where it is, its size, and complaints of the browser."""
    needed, height, console = measured(profile, page, width)
    path = page.with_name(f"{name}.png")
    path.unlink(missing_ok=True)
    chromium(profile, page, f"--window-size={width},{min(height, HEIGHT_MAX)}", f"--screenshot={path}", *options)
    say(f"{path} ({width} × {height})")
    return {"path": shown(path), "width": width,
            "height": height, "width_needed": needed, "console": console,
            "broken": not path.exists() or needed > width or bool(console)}


def shown(path):
    """A path as people type it in the repository."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def elsewhere(html):
    """Whatever the page would fetch: it must need nothing."""
    named = r"""(?:src|href)\s*=\s*["'](?!#|data:)[^"']*["']"""
    styled = r"""url\((?!["']?(?:#|data:))[^)]*\)|@import[^;]*"""
    return re.findall(f"{named}|{styled}", html)


def run(seconds, rate, folder):
    """Makes the page and its pictures in this folder, which is emptied; gives the figures."""
    folder = folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    page = folder / "report.html"
    with running() as cluster:
        say(f"{rate:,.0f} items/s for {seconds:.0f} s through {len(cluster.facts['agents'])} agents")
        spans = load(cluster, rate, seconds)
        wait_for_spools(cluster)
        say("waiting for the window of ten seconds to close")
        counts = wait_for_figures(cluster, spans)
        pages = {node["name"]: report(cluster, node, "html") for node in cluster.facts["nodes"]}
        names = [entry["name"] for entry in cluster.processes()]
        (folder / "report.json").write_text(report(cluster, cluster.facts["nodes"][0], "json"))
    html = pages["node-1"]
    page.write_text(html)
    with tempfile.TemporaryDirectory(prefix="neoscope-chromium-") as profile:
        pictures = [picture(profile, page, *entry) for entry in PICTURES]
    fetched = elsewhere(html)
    missing = {node: [name for name in names if name not in text] for node, text in pages.items()}
    return {
        "spans_accepted": spans, "calls_told": counts, "page": shown(page),
        "bytes": {node: len(text) for node, text in pages.items()}, "pictures": pictures,
        "fetched_from_elsewhere": fetched[:5], "not_named": missing,
        "broken": bool(fetched) or any(missing.values()) or any(one["broken"] for one in pictures)
        or set(counts.values()) != {spans},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of load")
    parser.add_argument("--rate", type=float, default=2000, help="items per second over all agents")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / ".build/report", help="for page and pictures")
    arguments = parser.parse_args()
    answer = run(arguments.seconds, arguments.rate, arguments.folder)
    print(json.dumps(answer, indent=2))
    sys.exit(1 if answer["broken"] else 0)


if __name__ == "__main__":
    main()
