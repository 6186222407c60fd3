"""What the benchmarks share: where data is, how a job is run, and how a result becomes a page."""

import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("KEMBAR_DATA", ROOT.parent / "shared" / "data"))


def dataset(name: str) -> Path:
    """The folder of a data set; ends the benchmark, saying so, where it is absent."""
    folder = DATA / name
    if not any((folder / name).exists() for name in ("train.csv", "listings.csv")):
        print(f"skipped: {name} is not in KEMBAR_DATA ({DATA})")
        sys.exit(0)
    return folder


def images_of(folder: Path) -> Path:
    """Where the photos are; the folder itself for a set that has none."""
    return folder / "images" if (folder / "images").exists() else folder


def spark_submit(job: str, *arguments: str | Path) -> float:
    """Run a job as users do; its wall time in seconds, start-up included."""
    command = [str(ROOT / ".venv" / "bin" / "spark-submit"), str(ROOT / "jobs" / f"{job}.py"), *map(str, arguments)]
    start = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{job} failed:\n{done.stderr[-4000:]}")
    return time.monotonic() - start


def environment(folder: Path, pins: Path) -> Path:
    """The interpreter of an environment of its own for other tools, made where it is missing or its pins changed."""
    stamp, python = folder / "pins.txt", folder / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != pins.read_text():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", pins], check=True)
        stamp.write_text(pins.read_text())
    return python


def machine() -> str:
    """This machine in a line."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores of {model}, {memory_gib:.0f} GiB, Python {platform.python_version()}"


def write_page(name: str, title: str, command: str, text: str) -> None:
    """Keep the last result as benchmarks/NAME.md, and print it."""
    page = f"# {title}\n\n    {command}\n\nLast run {datetime.now(UTC):%Y-%m-%d}, on {machine()}.\n\n{text.strip()}\n"
    (ROOT / "benchmarks" / f"{name}.md").write_text(page, encoding="utf-8")
    print(page)


def markdown(table: pd.DataFrame) -> str:
    """A frame as a Markdown table, columns of numbers to the right."""
    cells = [[str(value) for value in row] for row in [table.columns, *table.to_numpy()]]
    rule = ["---:" if pd.api.types.is_numeric_dtype(kind) else "---" for kind in table.dtypes]
    return "\n".join("| " + " | ".join(row) + " |" for row in [cells[0], rule, *cells[1:]])
