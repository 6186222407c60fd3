"""A result read back: groups, pairs, evidence and pictures, on tables small enough to know by heart."""

import html.parser
import io
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pyspark.sql import SparkSession

from kembar.analysis import Evidence, Gallery, Result, find_run, read_matches
from kembar.analysis.gallery import Card
from kembar.analysis.proposed import blocking_settings
from kembar.config import Settings
from kembar.errors import InputError
from kembar.schemas import CHANGES, DISTANCES, EVIDENCE, GROUPS, LISTINGS, MATCHES

GROUP_OF = {"a": "a", "b": "a", "c": "a", "d": "d", "e": "d", "f": "f"}
PAIRS = {("a", "b"): 0.9, ("b", "c"): 0.5, ("a", "c"): 0.2, ("d", "e"): 0.7, ("c", "d"): 0.05, ("e", "f"): 0.38}


@pytest.fixture(scope="module")
def result(spark: SparkSession) -> Result:
    """Groups abc, de and f alone, formed from 0.4 on; all pairs were proposed by words, one by a hash band as well."""
    sizes = pd.Series(GROUP_OF).value_counts()
    members = [(name, group, int(sizes[group])) for name, group in GROUP_OF.items()]
    unknown = [None] * len(DISTANCES)
    matches = [
        (
            *pair,
            chance,
            *unknown,
            0.0,
            -1.0,
            *[-0.5] * len(EVIDENCE),
            ["rare_term"] + ["hash_band"] * (pair == ("a", "b")),
        )
        for pair, chance in PAIRS.items()
    ]
    return Result(
        "run",
        {},
        {"thresholds": {"match": 0.4, "lone": 0.34}},
        spark.createDataFrame(members, GROUPS),
        spark.createDataFrame(matches, MATCHES),
        spark.createDataFrame([], CHANGES),
    )


@pytest.fixture(scope="module")
def listings(spark: SparkSession):
    rows = [(name, f"{name}.jpg", None, f"<b>title of {name}</b>", None) for name in "abcde"]
    return spark.createDataFrame(rows, LISTINGS)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A photo of a, none of the others."""
    folder = tmp_path_factory.mktemp("images")
    Image.new("RGB", (40, 20), (200, 30, 30)).save(folder / "a.jpg")
    return str(folder)


def test_groups_are_listed_largest_first_between_two_sizes(result: Result):
    assert [tuple(row) for row in result.groups().collect()] == [("a", 3, ["a", "b", "c"]), ("d", 2, ["d", "e"])]
    assert [row.group_id for row in result.groups(min_size=1, max_size=2).collect()] == ["d", "f"]
    assert result.largest(1)["group_id"].tolist() == ["a"]
    assert result.sizes().to_numpy().tolist() == [[1, 1], [2, 1], [3, 1]]
    assert result.group_of("e") == ["d", "e"]


def test_pairs_come_likeliest_first_between_two_bounds(result: Result):
    found = [(row.posting_id_l, row.posting_id_r) for row in result.pairs(least=0.5).collect()]
    assert found == [("a", "b"), ("d", "e"), ("b", "c")]


def test_doubtful_pairs_are_those_nearest_to_the_threshold(result: Result, listings):
    found = result.doubtful(2, listings)
    assert found["probability"].tolist() == pytest.approx([0.38, 0.5])
    assert found["title_l"].tolist() == ["<b>title of e</b>", "<b>title of b</b>"]
    assert found["title_r"][0] is None, "f is not in the catalogue"


def test_pairs_of_a_group_make_a_square_table_with_gaps_where_nothing_was_compared(result: Result):
    table = result.pairs_within(["c", "a", "e"])
    assert table.loc["a", "c"] == table.loc["c", "a"] == pytest.approx(0.2)
    assert pd.isna(table.loc["a", "e"])
    assert pd.isna(table.loc["a", "a"])


def test_sources_count_a_pair_for_each_block_that_proposed_it(result: Result):
    table = result.sources()
    assert table.loc["rare_term"].tolist() == [6, 3], "three of the six are from 0.4 on"
    assert table.loc["hash_band"].tolist() == [1, 1]
    assert table.loc["image_near"].tolist() == [0, 0]


def test_probabilities_are_counted_in_equal_parts(result: Result):
    table = result.probabilities(bins=2)
    assert table.to_numpy().tolist() == [[0.0, 3], [0.5, 3]], "0.5 belongs to the upper half"


def test_why_gives_the_evidence_in_either_order(result: Result):
    evidence = result.why("b", "a")
    assert (evidence.left, evidence.right) == ("a", "b")
    assert evidence.log_odds == pytest.approx(-1.0 - 0.5 * len(EVIDENCE))
    assert [step.end for step in evidence.steps()][-1] == pytest.approx(evidence.log_odds)
    assert all(before.end == after.start for before, after in zip(evidence.steps(), evidence.steps()[1:], strict=False))


def test_why_says_so_where_a_pair_was_never_compared(result: Result):
    with pytest.raises(InputError, match="a and f were not compared"):
        result.why("a", "f")
    with pytest.raises(InputError, match="no listing nobody"):
        result.group_of("nobody")


@pytest.mark.parametrize("name", ["chart_sizes", "chart_probabilities", "chart_sources"])
def test_charts_are_pictures_with_a_text_for_who_cannot_see_them(result: Result, name: str):
    chart = getattr(result, name)()
    assert Image.open(io.BytesIO(chart._repr_png_())).info["Description"] == chart.alt
    assert chart.alt in repr(chart)


def test_the_waterfall_marks_a_distance_that_could_not_be_taken(result: Result):
    evidence = result.why("a", "b")
    assert Image.open(io.BytesIO(evidence._repr_png_())).width > 500
    assert str(evidence).count("missing on a side") == len(DISTANCES)


def test_photos_are_shown_inline_and_a_missing_one_says_why(result: Result, listings, images: str):
    page = result.show_photos(listings, images, groups=["a"])._repr_html_()
    assert page.count("data:image/jpeg;base64,") == 1
    assert page.count("photo not found") == 2
    assert "&lt;b&gt;title of a&lt;/b&gt;" in page


def test_pairs_are_shown_with_their_probability_where_there_is_one(result: Result, listings, images: str):
    page = result.show_pairs(result.doubtful(1), listings, images)._repr_html_()
    assert "probability 0.380" in page
    assert "not in this catalogue" in page
    unscored = pd.DataFrame({"posting_id_l": ["a"], "posting_id_r": ["b"]})
    assert "not compared" in result.show_pairs(unscored, listings, images)._repr_html_()
    assert "nothing to show" in result.show_pairs(unscored.head(0), listings, images)._repr_html_()


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}


@given(st.text(), st.text(), st.text())
def test_nothing_that_a_seller_writes_becomes_a_tag(posting_id: str, title: str, caption: str):
    parser = _Tags()
    parser.feed(Gallery([(caption, [Card(posting_id, title, title), Card(posting_id, title, b"jpeg")])])._repr_html_())
    assert parser.tags == [*["style", "div", "div"], *["div", "div", "b", "br"], *["div", "img", "b", "br"]]
    assert parser.names <= {"class", "alt", "src"}


def test_a_run_is_found_by_environment_variables(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KEMBAR_RUN", "/runs/today/")
    monkeypatch.setenv("KEMBAR_IMAGES", "s3://photos")
    places = find_run("../demo")
    assert places.matched == "/runs/today/matched"
    assert places.images == "s3://photos"
    assert places.bundle is None


def test_what_did_not_finish_is_no_result(spark: SparkSession, tmp_path: Path):
    with pytest.raises(InputError, match="manifest of a finished match run not found"):
        read_matches(spark, str(tmp_path))


def test_importing_kembar_loads_neither_spark_nor_numpy():
    code = "import sys, kembar; print(sorted({'pyspark', 'numpy', 'pandas', 'tensorflow'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_evidence_reads_a_row_of_matches():
    row = {"posting_id_l": "a", "posting_id_r": "b", "probability": 0.5, "prior": 1.0, "gap": 0.25, "blocks": ["x"]}
    row |= {f"{name}_distance": None for name in DISTANCES} | {f"{name}_evidence": 0.0 for name in EVIDENCE}
    evidence = Evidence.of(row | {"image_distance": float("nan"), "gap_evidence": -1.0}, 0.4)
    assert evidence.distances == {**dict.fromkeys(DISTANCES), "gap": 0.25}
    assert evidence.log_odds == 0.0


def test_a_run_of_another_version_is_named_as_one(settings: Settings):
    told = asdict(settings.blocking)
    assert blocking_settings({"settings": {"blocking": told}}) == settings.blocking
    with pytest.raises(InputError, match=r"not know \(kembar 0\.0\.1\); match again"):
        blocking_settings({"settings": {"blocking": told | {"planes": 3}}, "versions": {"kembar": "0.0.1"}})
