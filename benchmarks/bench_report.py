"""How long a report takes to build, and how long until a reader can work with it.

.venv/bin/python benchmarks/bench_report.py [--listings 70000] [--build DIR]
    [--catalogue DIR --encoded DIR --matched DIR]

Makes a catalogue with photos, encodes and matches it (a quarter of an hour for 70,000), unless one that is there is
named. Needs Chromium: scripts/find-chromium.sh.
"""

import argparse
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
from common import ROOT, markdown, write_page
from playwright.sync_api import Browser, Page, sync_playwright
from scale.watch import watch
from scale.work import BUILD, SUBMIT, Run

BUILD_BAR_S, VIEW_BAR_S, TURNS = 180, 2.0, 3
VIEWS = {
    "overview": ("index.html", ".group", "j", '[data-number="0"]'),
    "gallery": ("groups.html", ".group", "j", '[data-number="0"]'),
    "gallery, over-merges first": ("groups.html?sort=risk", ".group", "j", ".group:first-child"),
    "the largest group": ("group.html#{largest}", ".matrix button", "c", "dialog[open] h2"),
}
ABOUT = f"""`jobs/report.py` on a catalogue of `python benchmarks/make_catalogue.py photos`, from start to exit,
with no thumbnail there yet (bar: {BUILD_BAR_S} s), and again with all of them. Then the pages in headless Chromium,
opened from disk, each {TURNS} times in a browser just started: until the page's groups are drawn, and until a key that
was pressed then has had its effect (bar: {VIEW_BAR_S:.0f} s). Requests to anything but files are counted.
"""


def chromium() -> str:
    """Its path; ends the benchmark, saying so, where there is none."""
    found = subprocess.run(["sh", ROOT / "scripts" / "find-chromium.sh"], capture_output=True, text=True, check=False)
    if not found.stdout.strip():
        print(f"skipped: {found.stderr.strip()}")
        sys.exit(0)
    return found.stdout.strip()


def prepare(args: argparse.Namespace) -> tuple[Path, Path, Path]:
    """The catalogue, encoded and matched."""
    if args.catalogue:
        return args.catalogue, args.encoded, args.matched
    run = Run(build=args.build.absolute())
    catalogue, folder = run.catalogue("photos", args.listings), run.build / f"report-{args.listings}"
    encoded, matched = folder / "encoded", folder / "matched"
    if not (matched / "summary.json").exists():
        photos = ("--listings", catalogue / "train.csv", "--images", catalogue / "images")
        run.submit("encode", *photos, "--output", encoded)
        run.submit("match", "--encoded", encoded, "--output", matched)
    return catalogue, encoded, matched


def build(catalogue: Path, encoded: Path, matched: Path, output: Path) -> dict[str, Any]:
    """Run the job under watch; its seconds by stage and the site's files."""
    sources = ("--matched", matched, "--encoded", encoded, "--images", catalogue / "images")
    run = watch(
        [SUBMIT, ROOT / "jobs" / "report.py", *sources, "--listings", catalogue / "train.csv", "--output", output], ROOT
    )
    if run.code:
        raise RuntimeError(f"report ended with {run.code}:\n{run.said[-4000:]}")
    begins = [*run.stages, (run.wall, "")]
    stages = {name: after - begin for (begin, name), (after, _) in pairwise(begins)}
    return {"wall": run.wall, "cpu": run.cpu_seconds, "peak": run.peak_bytes, "start": run.stages[0][0], **stages}


def size_of(folder: Path) -> tuple[int, float]:
    """How many files there are, and their megabytes."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes) / 1e6


def time_view(
    browser: Browser, report: Path, view: tuple[str, str, str, str], strays: list[str]
) -> tuple[float, float]:
    """Seconds until the view is drawn, and until a key has had its effect, from the start of loading."""
    address, drawn, key, effect = view
    page: Page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on(
        "request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or strays.append(request.url)
    )
    page.goto(f"{report.as_uri()}/{address}", wait_until="commit")
    page.locator(drawn).first.wait_for()
    seconds = page.evaluate("() => new Promise((go) => requestAnimationFrame(() => go(performance.now() / 1000)))")
    page.keyboard.press(key)
    page.locator(f"{effect}:focus").wait_for()
    answered = page.evaluate("performance.now() / 1000")
    page.close()
    return float(seconds), float(answered)


def time_search(browser: Browser, report: Path) -> float:
    """Seconds from the first letter of a first search, which reads all titles, to its result."""
    page = browser.new_page()
    page.goto(f"{report.as_uri()}/groups.html")
    page.locator(".group").first.wait_for()
    before = page.evaluate("performance.now() / 1000")
    page.get_by_label("Search titles").fill("original 100")
    page.locator("#found", has_text=" of ").wait_for()
    after = page.evaluate("performance.now() / 1000")
    page.close()
    return float(after - before)


def look(path: str, report: Path, strays: list[str]) -> list[dict[str, str]]:
    """Rows of the views, each a median of TURNS fresh browsers."""
    found: dict[str, list[tuple[float, float]]] = {}
    with sync_playwright() as playwright:
        for _ in range(TURNS):
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(f"{report.as_uri()}/groups.html")
            largest = page.evaluate(
                "() => kembar.index().then((index) => index.size.indexOf(Math.max(...index.size)) + 1)"
            )
            browser.close()
            for name, (address, *rest) in VIEWS.items():
                browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
                view = (address.format(largest=largest), *rest)
                found.setdefault(name, []).append(time_view(browser, report, view, strays))
                if name == "gallery":
                    found.setdefault("first search", []).append((time_search(browser, report),) * 2)
                browser.close()
    medians = {name: pd.DataFrame(times).median() for name, times in found.items()}
    return [
        {"view": name, "drawn, s": f"{times[0]:.2f}" if name != "first search" else "", "answers, s": f"{times[1]:.2f}"}
        for name, times in medians.items()
    ]


def row(name: str, figures: dict[str, Any]) -> dict[str, str]:
    """Row of a build."""
    stages = {f"{stage}, s": f"{figures[stage]:.1f}" for stage in ("start", "read", "sort", "thumbnails", "write")}
    whole = {"all, s": f"{figures['wall']:.0f}", "CPU, s": f"{figures['cpu']:.0f}"}
    return {"": name, **whole, **stages, "peak, GiB": f"{figures['peak'] / 2**30:.1f}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, default=70_000)
    parser.add_argument("--build", type=Path, default=BUILD, help="where catalogues are kept and the report goes")
    for name in ("catalogue", "encoded", "matched"):
        parser.add_argument(f"--{name}", type=Path, help="one that is there; all three or none")
    args = parser.parse_args()
    browser, sources = chromium(), prepare(args)
    report = (args.build / "report").absolute()
    shutil.rmtree(report, ignore_errors=True)
    first = build(*sources, report)
    again = build(*sources, report)
    strays: list[str] = []
    views = look(browser, report, strays)
    files, megabytes = size_of(report)
    listings = len(pd.read_csv(sources[0] / "train.csv", usecols=["posting_id"]))
    text = "\n\n".join(
        [
            ABOUT.strip(),
            markdown(pd.DataFrame([row("thumbnails made", first), row("thumbnails kept", again)])),
            f"{listings:,} listings; the report has {files:,} files, {megabytes:,.0f} MB. "
            f"Requests to a network: {len(strays)}.",
            markdown(pd.DataFrame(views)),
        ]
    )
    write_page("report", "A report of 70,000 listings", "python benchmarks/bench_report.py", text)


if __name__ == "__main__":
    main()
