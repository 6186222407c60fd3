"""How good a result is at every threshold, where the truth is known: on this the choice of a threshold rests."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from kembar.analysis.chart import ACCENT, INK, MUTED, SOFT, WARM, Chart
from kembar.analysis.encoded import Codes, read_codes
from kembar.analysis.proposed import first_logits
from kembar.analysis.result import Result, load_listings
from kembar.clustering import attach_singletons
from kembar.errors import InputError
from kembar.evaluation import Claims, Truth
from kembar.evaluation.scores import RowScores, score_listings
from kembar.model.discriminator import best_logits
from kembar.training.thresholds import GroupingChoice
from kembar.training.views import CandidateRows
from kembar.types import Rows

SIZES = {"1": (1, 1), "2": (2, 2), "3": (3, 3), "4-6": (4, 6), "7 and more": (7, 2**31)}


@dataclass(frozen=True)
class Judgement:
    """choice: the run's candidate pairs, ready to be grouped at any threshold; truth: by row; threshold, lone: those of
    the run; max_group: the most listings of a group."""

    choice: GroupingChoice
    truth: Truth
    threshold: float
    lone: float
    max_group: int

    @property
    def same(self) -> NDArray[np.bool_]:
        """Whether each candidate pair is one product, `[pairs]`."""
        return self.truth.same(self.choice.pairs.left, self.choice.pairs.right)

    @property
    def judged(self) -> NDArray[np.bool_]:
        """The candidate pairs of which the truth is known: a side has a label, `[pairs]`."""
        return (self.truth.product[self.choice.pairs.left] >= 0) | (self.truth.product[self.choice.pairs.right] >= 0)

    def precision_recall(self) -> pd.DataFrame:
        """`probability, precision, recall` of the candidate pairs from each probability on, before any grouping.

        Recall is of all true pairs, so that it ends at the recall of the blocks.
        """
        chance, same = self.choice.probability[self.judged], self.same[self.judged]
        order = np.argsort(-chance, kind="stable")
        hits, taken = np.cumsum(same[order]), np.arange(1, len(order) + 1)
        last = np.append(np.diff(chance[order]) != 0, True) if len(order) else np.zeros(0, bool)
        columns = {"probability": chance[order], "precision": hits / taken, "recall": hits / max(self.truth.pairs, 1)}
        return pd.DataFrame(columns)[last].reset_index(drop=True)

    def calibration(self, bins: int = 10) -> pd.DataFrame:
        """`said, seen, pairs` by tenth of the probability: its mean, and the share of true pairs; empty tenths left
        out."""
        chance, same = self.choice.probability[self.judged].astype(np.float64), self.same[self.judged]
        place = np.minimum((chance * bins).astype(int), bins - 1)
        pairs = np.bincount(place, minlength=bins)
        sums = [np.bincount(place, weights, bins) for weights in (chance, same)]
        table = pd.DataFrame({"said": sums[0], "seen": sums[1], "pairs": pairs})[pairs > 0]
        return table.assign(said=table["said"] / table["pairs"], seen=table["seen"] / table["pairs"])

    def scores_at(self, threshold: float) -> RowScores:
        """Score every labelled listing if the catalogue is grouped at a threshold; singletons join as in the run."""
        labels = self.choice.group(threshold)
        joined = attach_singletons(labels, self._neighbours, self.lone, self.max_group)
        return score_listings(self.truth, claims_of(joined))

    @cached_property
    def _neighbours(self) -> Any:
        return self.choice.neighbours()

    @cached_property
    def _by_threshold(self) -> dict[float, RowScores]:
        return {threshold: self.scores_at(threshold) for threshold in self.choice.cuts}

    def f1_by_threshold(self) -> pd.DataFrame:
        """`threshold, precision, recall, f1`: row-wise means, groups formed anew at each threshold."""
        scored = self._by_threshold.items()
        rows = [(t, s.precision.mean(), s.recall.mean(), s.f1.mean()) for t, s in scored]
        return pd.DataFrame(rows, columns=["threshold", "precision", "recall", "f1"])

    def f1_by_size(self) -> pd.DataFrame:
        """Row-wise mean F1 by threshold, a column for each size of the true group."""
        scored = self._by_threshold.items()
        rows = {t: {name: _mean_f1(s, *bounds) for name, bounds in SIZES.items()} for t, s in scored}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("threshold").dropna(axis=1, how="all")

    def best_threshold(self) -> float:
        """The threshold with the highest F1 here. On few labels it is partly chance: look how flat the top is."""
        table = self.f1_by_threshold()
        return float(table["threshold"].to_numpy()[int(table["f1"].to_numpy().argmax())])

    def chart_precision_recall(self) -> Chart:
        """The candidate pairs' precision against their recall, and where the run's threshold is."""
        table = self.precision_recall()

        def draw(axes: Any) -> None:
            axes.plot(table["recall"], table["precision"], color=ACCENT)
            here = table[table["probability"] >= self.threshold].tail(1)
            axes.plot(here["recall"], here["precision"], "o", color=WARM)
            for row in here.itertuples():
                axes.annotate(f"from {self.threshold:.2f} on", (row.recall, row.precision), (6, 6), **_BESIDE)
            axes.set(xlabel="recall of true pairs", ylabel="precision", ylim=(0, 1.02), xlim=(0, 1.02))

        return Chart(draw, "precision against recall of the candidate pairs")

    def chart_f1(self) -> Chart:
        """Row-wise precision, recall and F1 against the threshold."""
        table = self.f1_by_threshold()

        def draw(axes: Any) -> None:
            for name, hue in (("precision", MUTED), ("recall", WARM), ("f1", ACCENT)):
                axes.plot(table["threshold"], table[name], color=hue, label={"f1": "F1"}.get(name, name))
            axes.axvline(self.threshold, color=INK, linestyle=":", linewidth=0.8)
            axes.set(xlabel="threshold; dotted: that of the run", ylabel="row-wise mean")
            axes.legend(frameon=False, fontsize=8)

        return Chart(draw, "row-wise precision, recall and F1 against the threshold")

    def chart_sizes(self) -> Chart:
        """Row-wise F1 against the threshold, a line for each size of the true group."""
        table = self.f1_by_size()

        def draw(axes: Any) -> None:
            for place, name in enumerate(table):
                axes.plot(table.index, table[name], color=ACCENT, alpha=(place + 1) / len(table.columns), label=name)
            axes.axvline(self.threshold, color=INK, linestyle=":", linewidth=0.8)
            axes.set(xlabel="threshold; dotted: that of the run", ylabel="row-wise mean F1")
            axes.legend(title="true group's size", frameon=False, fontsize=8, title_fontsize=8)

        return Chart(draw, "row-wise F1 against the threshold, by the size of the true group")

    def chart_calibration(self) -> Chart:
        """What was seen against what was said, with the number of pairs of each tenth."""
        table = self.calibration()

        def draw(axes: Any) -> None:
            axes.plot([0, 1], [0, 1], color=SOFT)
            axes.plot(table["said"], table["seen"], "o-", color=ACCENT, markersize=4)
            for row in table.itertuples():
                axes.annotate(f"{row.pairs:,}", (row.said, row.seen), (5, -9), **_BESIDE)
            axes.set(xlabel="probability said, with the number of pairs", ylabel="share of true pairs")

        return Chart(draw, "share of true pairs against the probability said", (4.6, 3.4))


_BESIDE: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8, "color": INK}


def _mean_f1(scores: RowScores, low: int, high: int) -> float:
    rows = (scores.size >= low) & (scores.size <= high)
    return float(scores.f1[rows].mean()) if rows.any() else float("nan")


def claims_of(labels: Rows) -> Claims:
    """What a partition says of each listing: that it matches all of its group, itself included. labels: `[n]`.

    >>> claims = claims_of(np.array([0, 0, 2]))
    >>> list(zip(claims.row.tolist(), claims.match.tolist()))
    [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]
    """
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []
    rows = [np.repeat(group, len(group)) for group in groups]
    matches = [np.tile(group, len(group)) for group in groups]
    empty = np.zeros(0, np.int64)
    return Claims(np.concatenate([empty, *rows]), np.concatenate([empty, *matches]))


def judge_matches(result: Result, encoded: str, listings: DataFrame | str, bundle: str | None = None) -> Judgement:
    """A run beside the truth. encoded: what match read; listings: with `label_group`; bundle: that of the run.

    Raises:
        InputError: as `read_codes`; no listing has a label; or the run left out pairs of little probability.
    """
    settings = result.manifest["settings"]
    if settings["scoring"]["keep_probability"] > 0:
        raise InputError(
            f"{result.uri} keeps only pairs from scoring.keep_probability = {settings['scoring']['keep_probability']} "
            "on; to choose a threshold, match with 0, which keeps all pairs"
        )
    codes = read_codes(encoded, bundle)
    table = load_listings(result.members.sparkSession, listings)
    truth = codes.truth(table)
    thresholds = result.summary["thresholds"]
    choice = _choice(codes, _pairs_of(result, codes), truth)
    return Judgement(choice, truth, thresholds["match"], thresholds["lone"], settings["grouping"]["max_group"])


def _pairs_of(result: Result, codes: Codes) -> CandidateRows:
    named = result.matches.select("posting_id_l", "posting_id_r").toArrow().combine_chunks()
    left, right = (codes.rows(named[f"posting_id_{side}"]) for side in "lr")
    if (left < 0).any() or (right < 0).any():
        raise InputError(f"{result.uri} has pairs of listings that are not encoded there: it was made from other codes")
    return CandidateRows(left, right)


def _choice(codes: Codes, pairs: CandidateRows, truth: Truth) -> GroupingChoice:
    """The pairs as match decides them; a listing without a label is nobody's twin."""
    best = best_logits(len(codes.index), pairs.left, pairs.right, first_logits(codes, pairs))
    product = np.where(truth.product >= 0, truth.product, truth.product.max() + 1 + np.arange(len(truth.product)))
    index, model = codes.index.with_best_logits(best), codes.decider.discriminator
    return GroupingChoice(index, model, pairs, product, truth.product >= 0)
