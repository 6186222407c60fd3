"""A model card, and the line that says whether a new bundle is better than the one that it came from."""

import pytest

from kembar.config import Settings
from kembar.training.card import describe_gains, finish_bundle, short_name
from kembar.training.fit_deciders import Figure, Gain, describe
from tests.model.test_bundle import small_bundle

PLAIN = Figure("shops/mine/train.csv", 300, 100, 0.941, (0.92, 0.96))


def compared(low: float, high: float) -> Figure:
    return Figure("shops/mine/train.csv", 300, 100, 0.941, (0.92, 0.96), Gain(0.927, 0.911, (low, high)))


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.004, 0.025, "better"), (-0.03, -0.002, "worse"), (-0.01, 0.02, "no clear difference")],
)
def test_it_is_better_or_worse_where_the_whole_interval_is(low: float, high: float, verdict: str):
    assert describe_gains([compared(low, high)]) == (
        "mine: F1 0.941 on left-out products, 0.927 with the base bundle at thresholds chosen the same way "
        f"({verdict}: {low:+.3f} to {high:+.3f}), 0.911 at its own thresholds"
    )


def test_from_scratch_there_is_nothing_to_compare_with():
    assert describe_gains([PLAIN]) == "mine: F1 0.941 on left-out products"


def test_a_line_for_each_catalogue():
    assert len(describe_gains([PLAIN, compared(0.1, 0.2)]).splitlines()) == 2


def test_the_card_and_the_manifest_name_catalogues_by_their_folder_and_hold_the_figures(settings: Settings):
    bundle, card = finish_bundle(small_bundle(), [PLAIN], settings)
    assert bundle.trained_on["base"] == settings.training.base
    assert bundle.trained_on["catalogues"] == {
        "mine": {"listings": 300, "products": 100, "f1": 0.941, "f1_interval_95": [0.92, 0.96]}
    }
    assert "| mine | 300 | 100 | 0.941 | 0.920-0.960 |" in card
    assert "match 0.6, lone 0.4" in card
    assert "$" not in card
    assert "shops" not in card, "paths of the machine that trained it are nobody's business"


def test_a_manifest_has_the_gain_over_the_base():
    assert describe([compared(0.004, 0.025)])["shops/mine/train.csv"] == {
        "listings": 300,
        "products": 100,
        "f1": 0.941,
        "f1_interval_95": [0.92, 0.96],
        "base_f1": 0.927,
        "base_f1_own_thresholds": 0.911,
        "gain_interval_95": [0.004, 0.025],
    }


@pytest.mark.parametrize(("path", "name"), [("a/b/train.csv", "b"), ("train.csv", "train.csv")])
def test_a_short_name_is_the_folders_or_the_files(path: str, name: str):
    assert short_name(path) == name
