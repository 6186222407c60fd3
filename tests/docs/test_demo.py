"""README.md shows what the demo prints now."""

import re

import pytest
from pyspark.sql import SparkSession

from docs.generate.demo import README, demo_block, renew, shown_block, shown_train_line, train_line

TOLERANCE = 0.004
"""How far a figure of three digits may be off: encoders differ in the last digits between processors, and a pair at the
threshold with them."""
_FIGURE = re.compile(r"[-+]?\d\.\d{3}")
_COUNT = re.compile(r"\d+(?= )")


@pytest.fixture(scope="module")
def run(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """What a run of the demo prints, and what training on it says."""
    folder = tmp_path_factory.mktemp("demo")
    return demo_block(folder), train_line(spark, folder)


def test_the_demo_prints_what_the_readme_shows(run: tuple[str, str]):
    same_but_for_last_digits(shown_block(README.read_text(encoding="utf-8")), run[0])


def test_training_on_the_demo_says_what_the_readme_shows(run: tuple[str, str]):
    same_but_for_last_digits(shown_train_line(README.read_text(encoding="utf-8")), run[1])


def test_a_page_is_renewed_from_a_run_and_nothing_else_of_it_changes():
    page = "# x\n\n```\n-- encode: old\n```\n\nmore\n\n    my-shop: F1 0.1: mine/\n\nend\n"
    renewed = renew(page, "-- encode: new\n", "my-shop: F1 0.2: mine/")
    assert renewed == "# x\n\n```\n-- encode: new\n```\n\nmore\n\n    my-shop: F1 0.2: mine/\n\nend\n"
    with pytest.raises(ValueError, match="has no part"):
        renew("# x\n", "", "")


def same_but_for_last_digits(shown: str, printed: str) -> None:
    """Words to the letter, figures of three digits and counts within their tolerances; of examples which they are."""
    hint = "README.md is older than the bundle: python -m docs.generate.demo"
    (shown, *ours), (printed, *theirs) = ((text + "\n...\n").split("\n...\n") for text in (shown, printed))
    assert _COUNT.sub("#", _FIGURE.sub("#", shown)) == _COUNT.sub("#", _FIGURE.sub("#", printed)), hint
    figures = [[float(x) for x in _FIGURE.findall(text)] for text in (shown, printed)]
    assert figures[0] == pytest.approx(figures[1], abs=TOLERANCE), hint
    counts = [[int(x) for x in _COUNT.findall(_FIGURE.sub("", text))] for text in (shown, printed)]
    assert counts[0] == pytest.approx(counts[1], abs=2, rel=0.01), hint
    assert [re.findall(r"train_\d+", text) for text in ours] == [re.findall(r"train_\d+", text) for text in theirs], (
        hint
    )
