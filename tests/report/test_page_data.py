"""A report's files say of a run what its tables say, are whole, and lead nowhere else."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kembar.evaluation import evaluate, read_claims, read_truth
from kembar.report import Run, collect_groups, summarise_overview
from kembar.report.overview import count_failures, list_quarantine
from kembar.report.page_data import ReportData
from kembar.report.pairs import FIGURES
from kembar.storage.files import list_paths
from tests.reports import small_run, write_small_report


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run, pd.DataFrame, ReportData]:
    folder = tmp_path_factory.mktemp("report")
    run, rows = small_run(folder / "catalogue")
    first, told = write_small_report(folder, run)
    return first.parent, run, rows.set_index("posting_id"), told


def read_data(report: Path, name: str) -> object:
    text = (report / "data" / f"{name}.js").read_text(encoding="utf-8")
    match = re.fullmatch(rf'kembar\.receive\("{name}",(.*)\);\n', text, re.DOTALL)
    return json.loads(match.group(1))


def test_every_listing_of_a_group_is_there_as_the_catalogue_has_it(made: tuple[Path, Run, pd.DataFrame, ReportData]):
    report, run, rows, _ = made
    index = read_data(report, "index")
    groups = [group for path in sorted((report / "data").glob("groups-*.js")) for group in read_data(report, path.stem)]
    partition = dict(zip(run.groups["posting_id"].to_pylist(), run.groups["group_id"].to_pylist(), strict=True))
    sizes = pd.Series(partition).value_counts()
    assert sorted(group["id"] for group in groups) == sorted(sizes.index[sizes > 1])
    assert [len(group["listings"]) for group in groups] == index["size"] == [sizes[group["id"]] for group in groups]
    for group in groups:
        for posting_id, title, thumb, phash, label, image in group["listings"]:
            row = rows.loc[posting_id]
            assert partition[posting_id] == group["id"]
            assert (title, phash, label, image) == (
                row["title"].strip(),
                row["image_phash"],
                row["label_group"],
                row["image"],
            )
            assert (report / thumb).exists()


def test_every_pair_within_a_group_is_there_with_its_figures(made: tuple[Path, Run, pd.DataFrame, ReportData]):
    report, run, _, _ = made
    matches = run.matches.to_pandas().set_index(["posting_id_l", "posting_id_r"])
    partition = dict(zip(run.groups["posting_id"].to_pylist(), run.groups["group_id"].to_pylist(), strict=True))
    sources = read_data(report, "index")["sources"]
    seen = set()
    for group in read_data(report, "groups-0"):
        for left, right, blocks, *figures in group["pairs"]:
            assert left < right
            pair = tuple(sorted(group["listings"][k][0] for k in (left, right)))
            expected = matches.loc[pair]
            assert [np.nan if x is None else x for x in figures] == pytest.approx(
                [float(expected[name]) for name in FIGURES], abs=6e-5, nan_ok=True
            )
            assert {name for bit, name in enumerate(sources) if blocks >> bit & 1} == set(expected["blocks"])
            seen.add(pair)
        for left, place, *_ in group["border"]:
            inside, outside = group["listings"][left][0], group["outside"][place]
            assert partition[inside] == group["id"] != partition[outside[0]]
    first = {group["id"] for group in read_data(report, "groups-0")}
    assert seen == {pair for pair in matches.index if partition[pair[0]] == partition[pair[1]] in first}


def test_groups_come_in_order_of_doubt(made: tuple[Path, Run, pd.DataFrame, ReportData]):
    doubt = read_data(made[0], "index")["doubt"]
    assert doubt == sorted(doubt, reverse=True)
    assert doubt[0] > 0.5 > doubt[-1]


def test_a_search_finds_ids_and_titles_whatever_their_case(made: tuple[Path, Run, pd.DataFrame, ReportData]):
    report, _, rows, _ = made
    texts = read_data(report, "titles-0")
    for group, text in zip(read_data(report, "groups-0"), texts, strict=False):
        lines = dict(line.split(" ", 1) for line in text.split("\n"))
        assert set(lines) == {listing[0] for listing in group["listings"]}
        assert all(
            rows.loc[i, "title"].split()[0].lower() in line
            for i, line in lines.items()
            if rows.loc[i, "title"].isascii()
        )


class Links(HTMLParser):
    """What a page loads or leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in {"href", "src"} and value]


def test_every_link_leads_to_a_file_of_the_report(made: tuple[Path, Run, pd.DataFrame, ReportData]):
    report = made[0]
    for page in report.glob("*.html"):
        parser = Links()
        parser.feed(page.read_text(encoding="utf-8"))
        wanted = {re.split(r"[?#]", link)[0] for link in parser.found} - {""}
        assert wanted
        assert {link for link in wanted if not (report / link).exists()} == set()
    styles = "".join(path.read_text() for path in report.glob("static/css/*.css"))
    assert {
        link for link in re.findall(r'url\("(.+?)"\)', styles) if not (report / "static/css" / link).exists()
    } == set()
    assert len(re.findall(r'url\("', styles)) == 3


def test_what_a_page_shows_of_a_row_is_text(made: tuple[Path, Run, pd.DataFrame, ReportData]):
    page = (made[0] / "index.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<b>x</b>" not in page
    scripts = re.findall(r"<script(?! src=)[^>]*>", page)
    assert scripts == ['<script type="application/json" id="overview">'], "no script stands in a page"


def test_a_report_that_is_built_again_replaces_the_old_and_keeps_its_name(tmp_path: Path):
    run, _ = small_run(tmp_path / "catalogue", listings=40)
    first, told = write_small_report(tmp_path, run)
    before = set(list_paths(str(first.parent)))
    again, told_again = write_small_report(tmp_path, run)
    assert set(list_paths(str(first.parent))) == before, "nothing is left over, thumbnails are kept"
    assert (again, told_again.run) == (first, told.run)
    groups = run.groups.set_column(1, "group_id", pa.array([f"x{i // 3}" for i in range(len(run.groups))]))
    other = Run(groups, *(getattr(run, name) for name in list(Run.__dataclass_fields__)[1:]))
    assert collect_groups(other, 3).run != told.run, "marks of one partition are not those of another"


def test_without_a_catalogue_words_stand_for_titles(tmp_path: Path):
    run, rows = small_run(tmp_path / "catalogue", listings=40)
    bare = Run(*(None if name == "listings" else getattr(run, name) for name in Run.__dataclass_fields__))
    told = collect_groups(bare, 3)
    expected = dict(zip(rows["posting_id"], rows["title"].str.lower().str.split().str.join(" "), strict=True))
    assert dict(zip(told.groups.posting_ids.to_pylist(), told.shown.title.to_pylist(), strict=True)) == expected
    assert told.photos == []
    first, _ = write_small_report(tmp_path, bare)
    assert all(
        listing[2] is listing[4] is None
        for group in read_data(first.parent, "groups-0")
        for listing in group["listings"]
    )


def test_the_overview_has_the_scores_of_the_evaluation(tmp_path: Path):
    run, rows = small_run(tmp_path / "catalogue", listings=60)
    partition = run.groups.to_pandas().groupby("group_id")["posting_id"].apply(" ".join)
    matches = run.groups.to_pandas()["group_id"].map(partition)
    truth = read_truth(pa.table({"posting_id": rows["posting_id"], "label_group": rows["label_group"]}))
    metrics = evaluate(truth, read_claims(pa.table({"posting_id": rows["posting_id"], "matches": matches}), truth))
    labelled = Run(*(metrics if name == "metrics" else getattr(run, name) for name in Run.__dataclass_fields__))
    first, told = write_small_report(tmp_path, labelled)
    page = first.read_text(encoding="utf-8")
    assert f"{metrics['row_wise']['f1']:.3f}" in page
    assert f"{metrics['pairwise']['recall']:.3f}" in page
    assert summarise_overview(labelled, told)["listings"] == 60


def test_quarantine_is_told_by_reason_with_examples():
    reasons = ["photo is small: 3 px", "photo is small: 9 px", "no id", None]
    table = pa.table({"posting_id": ["a", "b", None, "d"], "row": ["x" * 500, "{}", "{}", "{}"], "reason": reasons})
    told = list_quarantine(table)
    assert [(part["reason"], part["rows"]) for part in told] == [
        ("photo is small", 2),
        ("no id", 1),
        ("no reason was written", 1),
    ]
    assert [example["posting_id"] for example in told[0]["examples"]] == ["a", "b"]
    assert len(told[0]["examples"][0]["row"]) < 200
    assert list_quarantine(table.slice(0, 0)) == []


def test_failures_are_counted_by_kind():
    failures = [["photo cannot be read: A", "title is empty"], [], ["photo cannot be read: B"]]
    assert count_failures(pa.table({"failures": failures})) == [
        {"failure": "photo cannot be read", "listings": 2},
        {"failure": "title is empty", "listings": 1},
    ]
