"""A bundle fitted to labels, from codes that are there already: what jobs/train.py does from the shipped bundle, less
the encoding."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from kembar.analysis.chart import ACCENT, SOFT, Chart
from kembar.analysis.encoded import Codes, read_codes
from kembar.analysis.proposed import propose_pairs
from kembar.analysis.result import load_listings
from kembar.config import Settings, load_settings
from kembar.model.bundle import Bundle
from kembar.model.bundle_files import save_bundle
from kembar.model.curves import KNOTS, Curves
from kembar.schemas import DISTANCES, EVIDENCE
from kembar.training.card import describe_gains, finish_bundle
from kembar.training.fit_deciders import Figure, fit_deciders
from kembar.training.labels import labels_by_row
from kembar.training.triplets import add_folds, split_groups
from kembar.training.views import FOLDS, LabelledCatalogue


@dataclass(frozen=True)
class Learnt:
    """bundle: fitted to the labels; base: what it started from; figures: F1 on products left out; card: its model card
    as Markdown."""

    bundle: Bundle
    base: Bundle
    figures: list[Figure]
    card: str

    def save(self, uri: str) -> None:
        """Write the bundle, for `--bundle` of the jobs."""
        save_bundle(self.bundle, uri, self.card)

    def gains(self) -> str:
        """F1 on left-out products, and whether that is better than the base, in a line."""
        return describe_gains(self.figures)

    def thresholds(self) -> pd.DataFrame:
        """Match and lone threshold of both bundles, for catalogues with titles."""
        rows = {"base": vars(self.base.titled.thresholds), "fitted": vars(self.bundle.titled.thresholds)}
        return pd.DataFrame.from_dict(rows, orient="index")

    def curves(self, steps: int = 60) -> pd.DataFrame:
        """`distance, at, base, fitted`: what a pair that lacks nothing loses in log-odds along each distance."""
        parts = []
        for place, name in enumerate(EVIDENCE):
            at = np.linspace(0, float(KNOTS[place, -1]) * 1.1, steps, dtype=np.float32)
            told = {"distance": name, "at": at}
            looks = {"base": self.base, "fitted": self.bundle}
            told |= {key: _along(bundle.titled.discriminator.second, place, at) for key, bundle in looks.items()}
            parts.append(pd.DataFrame(told))
        return pd.concat(parts, ignore_index=True)

    def chart_curves(self, distance: str = "image") -> Chart:
        """One of the curves, before and after."""
        table = self.curves()
        mine = table[table["distance"] == distance]

        def draw(axes: Any) -> None:
            axes.plot(mine["at"], mine["base"], color=SOFT, linewidth=3, label="base")
            axes.plot(mine["at"], mine["fitted"], color=ACCENT, label="fitted")
            axes.set(xlabel=f"{distance} {'distance' if distance in DISTANCES else ''}".strip(), ylabel="log-odds")
            axes.legend(frameon=False, fontsize=8)

        return Chart(draw, f"log-odds lost along {distance}, before and after fitting", (4.6, 2.4))


def _along(curves: Curves, place: int, at: np.ndarray) -> np.ndarray:
    evidence = np.zeros((len(at), len(EVIDENCE)), np.float32)
    evidence[:, place] = at
    return curves.evidence(evidence, np.ones((len(at), 3), bool))[:, place]


def learn_from_labels(
    spark: SparkSession,
    encoded: str,
    listings: DataFrame | str,
    bundle: str | None = None,
    settings: Settings | None = None,
) -> Learnt:
    """Fit the deciders of a bundle to the labels of a catalogue that was encoded with it.

    bundle: what to start from, the one that ships with kembar if left out. Some fifty labelled groups are enough.

    Raises:
        InputError: as `read_codes`. TrainingError: there are too few labelled groups.
    """
    told = settings or load_settings()
    told = replace(told, training=replace(told.training, base=bundle or "shipped"))
    table = load_listings(spark, listings)
    name = listings if isinstance(listings, str) else "listings"
    codes = read_codes(encoded, bundle)
    catalogue = _label(name, codes, table, told)
    fitted, figures = fit_deciders([catalogue], codes.bundle, told, from_base=True)
    finished, card = finish_bundle(fitted, figures, told)
    return Learnt(finished, codes.bundle, figures, card)


def _label(name: str, codes: Codes, listings: DataFrame, settings: Settings) -> LabelledCatalogue:
    """The catalogue with its truth, in the folds that jobs/train.py would put its products into."""
    split = add_folds(split_groups(listings, settings.triplets), FOLDS, settings.triplets.seed)
    labels = labels_by_row(split.toArrow(), codes.posting_ids)
    proposed = propose_pairs(codes, settings.blocking).pairs
    return LabelledCatalogue(name, codes.index, proposed, labels.product, labels.fold)
