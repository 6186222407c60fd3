"""What the benchmark of size measures with: growth, event logs, watched processes, planted pairs, arithmetic."""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from load import LoadPlan, write_codes
from scale.arithmetic import Assumed, Law, Line, law, limits, read_laws, render
from scale.events import read_totals
from scale.growth import adjacent, exponent, extrapolate, line, over_large
from scale.pairs import Planted
from scale.rivals import choose
from scale.watch import watch
from scale.work import Run


def test_a_power_law_is_recovered():
    sizes = [1_000, 100_000, 300_000, 1_000_000]
    figures = [5 * size**1.25 for size in sizes]
    assert exponent(sizes, figures) == pytest.approx(1.25)
    assert adjacent(sizes, figures)[1:] == pytest.approx([1.25] * 3)
    assert over_large(sizes, [1.0, *figures[1:]]) == pytest.approx(1.25), "the first is too small to count"
    assert np.isnan(over_large(sizes[:2], figures[:2]))
    assert extrapolate(30_000, 9.0, 90_000, 2.0) == pytest.approx(81.0)


def test_a_law_reaches_what_it_says():
    grown = law([{"listings": 100_000}, {"listings": 400_000}], [10.0, 80.0])
    assert grown.power == pytest.approx(1.5)
    assert grown.at(grown.reaches(1e6)) == pytest.approx(1e6)
    assert law([{"listings": 100}], [7.0]) == Law(100, 7.0, 1.0)
    assert Law(100, 7.0, 0.0).reaches(8.0) == float("inf")


def test_what_is_spent_once_is_told_from_what_each_listing_adds():
    assert line([1_000, 2_000, 6_000], [999.0, 50.0, 130.0]) == pytest.approx((10.0, 0.02))
    assert line([1_000], [50.0]) == (0.0, 0.05)


def test_event_logs_are_summed_over_tasks(tmp_path: Path):
    def task(shuffled: int, spilled: int, ms: int, why: str = "Success") -> str:
        metrics = {
            "Shuffle Write Metrics": {"Shuffle Bytes Written": shuffled},
            "Disk Bytes Spilled": spilled,
            "Executor Run Time": ms,
        }
        return json.dumps(
            {"Event": "SparkListenerTaskEnd", "Task End Reason": {"Reason": why}, "Task Metrics": metrics}
        )

    (tmp_path / "app-1").write_text(
        "\n".join([task(10, 1, 500), '{"Event": "SparkListenerJobStart"}', task(5, 0, 900)])
    )
    (tmp_path / "app-2").write_text(task(1, 0, 20, "ExceptionFailure"))
    assert read_totals(tmp_path) == {
        "tasks": 3,
        "failed_tasks": 1,
        "shuffle_bytes": 16,
        "spilled_bytes": 1,
        "longest_task_ms": 900,
    }


def test_a_watched_command_is_measured_with_its_children_by_stage(tmp_path: Path):
    held = 80_000_000
    child = f"import time; held = bytearray({held}); held[::4096] = b'x' * len(held[::4096]); time.sleep(1.6)"
    code = (
        "import subprocess, sys, time\n"
        "print('kembar: block …', flush=True)\n"
        f"subprocess.run([sys.executable, '-c', {child!r}], check=True)\n"
        "print('kembar: score …', flush=True)\n"
        "while time.process_time() < 1.2: sum(range(1000))\n"
    )
    run = watch([sys.executable, "-c", code], tmp_path)
    assert run.code == 0
    assert run.peak_bytes > held, "the child's memory counts"
    stages = run.by_stage()
    assert list(stages) == ["start", "block", "score"]
    assert stages["block"]["peak_bytes"] > held > stages["score"]["peak_bytes"]
    # 1.2 s of its own CPU, of which up to a sample's half second is missed at the end.
    assert 0.5 < stages["score"]["cpu_seconds"] < 3
    assert run.cpu_seconds >= stages["score"]["cpu_seconds"]


def test_a_command_that_takes_too_long_is_ended_with_its_children(tmp_path: Path):
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    run = watch([sys.executable, "-c", code], tmp_path, limit=1)
    assert run.code < 0
    assert run.wall < 20


def test_planted_pairs_are_counted_among_candidates(tmp_path: Path):
    write_codes(tmp_path / "c", LoadPlan(200, seed=2))
    truth = pq.read_table(tmp_path / "c" / "listings.parquet").to_pandas()
    planted = Planted(tmp_path / "c")
    sizes = truth["label_group"].value_counts()
    assert planted.pairs == (sizes * (sizes - 1) // 2).sum()
    group = truth[truth["label_group"] == sizes.index[-1]]["posting_id"].tolist()[:2]
    other = truth[truth["label_group"] != sizes.index[-1]]["posting_id"].tolist()[0]
    table = pa.table({"posting_id_l": [group[0], group[0]], "posting_id_r": [group[1], other]})
    (tmp_path / "matches").mkdir()
    pq.write_table(table, tmp_path / "matches" / "part.parquet")
    assert planted.among(tmp_path / "matches") == {"recall": 1 / planted.pairs, "candidates_per_listing": 2 / 200}


def test_the_fastest_that_finds_enough_is_chosen_or_else_who_finds_most():
    settings = [
        {"recall": 0.985, "seconds": 9.0, "candidates_per_listing": 40},
        {"recall": 0.983, "seconds": 4.0, "candidates_per_listing": 60},
        {"recall": 0.90, "seconds": 1.0, "candidates_per_listing": 20},
    ]
    assert choose(settings, 0.99)["seconds"] == 4.0
    assert choose(settings, 0.905)["seconds"] == 1.0
    assert choose(settings[2:], 0.99)["recall"] == 0.90
    assert choose([], 0.9) is None


def _result(listings: int, seconds: float) -> dict:
    stages = {name: {"cpu_seconds": seconds, "peak_bytes": 1} for name in ("start", "index", "block")}
    return {
        "listings": listings,
        "by_stage": stages,
        "shuffle_bytes": 1000 * listings,
        "peak_bytes": 4000 * listings,
        "encoded_bytes": 1600 * listings,
        "matches_bytes": 2500 * listings,
        "candidates_per_listing": 27,
    }


def test_the_arithmetic_adds_up(tmp_path: Path):
    run = Run(build=tmp_path)
    # 60 s to start and 0.036 s a listing.
    whole = {
        n: {"listings": n, "encode": {"cpu_seconds": 60 + 0.036 * n}, "photo_bytes": 10**5 * n} for n in (500, 1000)
    }
    for name, result in {
        "match/1": _result(100_000, 180),
        "match/2": _result(1_000_000, 1800),
        "end_to_end/1": whole[500],
        "end_to_end/2": whole[1000],
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.json").write_text(json.dumps(result))
    laws = read_laws(run)
    # Two stages of 1,800 s at a million, in proportion: 36,000 s or 10 core-hours for ten million.
    assert laws.match_seconds(10_000_000) == pytest.approx(36_000)
    page = render(laws, Assumed(price=0.1, used=0.5))
    rows = {
        cells[1].strip(): [c.strip() for c in cells[2:-1]]
        for cells in (line.split("|") for line in page.splitlines() if "|" in line)
    }
    assert rows["match, core-hours, each run"] == ["1", "10", "100"]
    assert rows["encode, core-hours, once"] == ["10", "100", "1,000"]
    # 110 core-hours at work half of the time, at 0.1 dollars: 22 dollars for ten million.
    assert rows["dollars, encode and one match"][1] == "22.00"
    assert rows["dollars a million listings"] == ["2.20"] * 3
    # 4,000 bytes a listing and nothing at once.
    assert laws.memory.reaches(4e9) == pytest.approx(1_000_000)
    assert Line(10, once=5.0, each=2.0).reaches(25.0) == 10
    assert Line(10, once=5.0, each=0.0).reaches(25.0) == float("inf")
    sizes = [float(text.replace(",", "")) for text in limits(laws, Assumed())["listings"]]
    assert sizes == sorted(sizes)


def test_arithmetic_without_measurements_says_what_is_missing(tmp_path: Path):
    with pytest.raises(SystemExit, match="needs the results of match and end_to_end"):
        read_laws(Run(build=tmp_path))
