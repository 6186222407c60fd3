"""How good a submission is: the competition's row-wise scores, pairwise and B-cubed ones, and an interval.

Row-wise scores compare each listing's matches with its true group and average over
listings. Pairwise ones count unordered pairs, so that one large group outweighs many
small ones. B-cubed (Bagga & Baldwin 1998, doi:10.3115/980845.980859) averages precision
and recall over listings, like the row-wise ones, and takes their harmonic mean at the end.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kembar.errors import InputError
from kembar.types import Rows

_SIZE_CLASSES = {"2": (2, 2), "3": (3, 3), "4-6": (4, 6), "7-50": (7, 50), "1": (1, 1), "51+": (51, 2**62)}


@dataclass(frozen=True)
class Score:
    """Shares between 0 and 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Truth:
    """Labelled listings: `posting_ids` of n, and `product` int64 `[n]`, equal for one product, −1 without a label."""

    posting_ids: pa.Array
    product: Rows

    @property
    def sizes(self) -> Rows:
        """Listings of each row's product `[n]`; 0 for a row without a label."""
        labelled = self.product >= 0
        counts = np.bincount(self.product[labelled]) if labelled.any() else np.zeros(1, np.int64)
        return np.where(labelled, counts[self.product], 0)

    @property
    def pairs(self) -> int:
        """True pairs: unordered, of two listings of one product."""
        counts = np.bincount(self.product[self.product >= 0])
        return int((counts * (counts - 1) // 2).sum())

    def same(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """Whether each pair of rows is one product by the labels `[pairs]`."""
        return (self.product[left] == self.product[right]) & (self.product[left] >= 0)


@dataclass(frozen=True)
class Claims:
    """What a submission says, each (row, match) once: int64 `[claims]` each, rows of the truth."""

    row: Rows
    match: Rows


def read_truth(listings: pa.Table) -> Truth:
    """The truth of a table `posting_id, label_group`.

    Raises:
        InputError: no listing has a label.
    """
    labels = listings["label_group"].combine_chunks()
    if labels.null_count == len(labels):
        raise InputError(
            "the listings have no label_group: the column is missing, or empty in every row; evaluation needs these "
            "labels, equal for listings of the same product"
        )
    codes = pc.fill_null(pc.dictionary_encode(labels).indices, -1)
    return Truth(listings["posting_id"].combine_chunks(), np.asarray(codes, dtype=np.int64))


def _some(ids: pa.Array) -> str:
    return ", ".join(str(i) for i in ids[:3].to_pylist()) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")


def read_claims(submission: pa.Table, truth: Truth) -> Claims:
    """The claims of a table `posting_id, matches` (ids separated by spaces).

    Raises:
        InputError: a listing has no row or two, or the submission names a listing that the truth lacks.
    """
    ids = submission["posting_id"].combine_chunks()
    lists = pc.split_pattern_regex(
        pc.utf8_trim_whitespace(pc.fill_null(submission["matches"].combine_chunks(), "")), r"\s+"
    )
    rows, flat = pc.index_in(ids, truth.posting_ids), lists.flatten()
    counts = pc.value_counts(ids)
    faults = {
        "names listings that are not in the truth": ids.filter(pc.is_null(rows)),
        "has more than one row for": counts.field("values").filter(pc.greater(counts.field("counts"), 1)),
        "has no row for": truth.posting_ids.filter(pc.invert(pc.is_in(truth.posting_ids, ids))),
    }
    claimed = pc.index_in(flat, truth.posting_ids)
    faults["has matches that are not in the truth"] = flat.filter(pc.and_(pc.is_null(claimed), pc.not_equal(flat, "")))
    found = [f"it {what}: {_some(ids)}" for what, ids in faults.items() if len(ids)]
    if found:
        raise InputError("the submission does not fit the listings; " + "; ".join(found))
    row = np.repeat(np.asarray(rows, dtype=np.int64), np.diff(np.asarray(lists.offsets)))
    named = ~np.asarray(claimed.is_null())
    unique = np.unique(row[named] * len(truth.product) + np.asarray(claimed.drop_null(), dtype=np.int64))
    return Claims(unique // len(truth.product), unique % len(truth.product))


@dataclass(frozen=True)
class RowScores:
    """Precision, recall and F1 of each labelled listing `[m]`, and the listings' products and group sizes."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    product: Rows
    size: Rows


def score_listings(truth: Truth, claims: Claims) -> RowScores:
    """Each labelled listing's scores: its claimed set against its product's; 0 where it claims nothing."""
    n, sizes = len(truth.product), truth.sizes
    hits = np.bincount(claims.row[truth.same(claims.row, claims.match)], minlength=n)
    claimed = np.bincount(claims.row, minlength=n)
    labelled = truth.product >= 0
    hits, claimed, sizes = hits[labelled], claimed[labelled], sizes[labelled]
    precision, recall, f1 = hits / np.maximum(claimed, 1), hits / sizes, 2 * hits / (claimed + sizes)
    return RowScores(precision, recall, f1, truth.product[labelled], sizes)


def _harmonic(precision: float, recall: float) -> Score:
    both = precision + recall
    return Score(precision, recall, 2 * precision * recall / both if both else 0.0)


def pairwise(truth: Truth, claims: Claims) -> Score:
    """Over unordered pairs; a pair counts as claimed when either side claims it.

    Pairs of two listings without a label are left out: nobody knows about them.
    """
    apart = claims.row != claims.match
    left, right = np.minimum(claims.row, claims.match)[apart], np.maximum(claims.row, claims.match)[apart]
    pairs = np.unique(left * len(truth.product) + right)
    left, right = (truth.product[side] for side in (pairs // len(truth.product), pairs % len(truth.product)))
    judged = (left >= 0) | (right >= 0)
    hits = int((left == right)[judged].sum())
    return _harmonic(hits / max(int(judged.sum()), 1), hits / max(truth.pairs, 1))


def bootstrap_mean(values: NDArray[np.float64], product: Rows, draws: int = 1000, seed: int = 7) -> tuple[float, float]:
    """The 95 % percentile interval of the mean of `values` `[m]`, products drawn with replacement.

    Listings of one product stand and fall together, so the product is the unit that is drawn
    (Efron & Tibshirani 1993, chapter 8).
    """
    _, place = np.unique(product, return_inverse=True)
    total, count = np.bincount(place, values), np.bincount(place)
    rng = np.random.default_rng(seed)
    drawn = (rng.integers(len(count), size=len(count)) for _ in range(draws))
    means = [total[rows].sum() / count[rows].sum() for rows in drawn]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _by_size(scores: RowScores) -> dict[str, dict[str, float]]:
    found = {}
    for name, (low, high) in _SIZE_CLASSES.items():
        rows = (scores.size >= low) & (scores.size <= high)
        if rows.any():
            found[name] = {"listings": int(rows.sum()), "f1": float(scores.f1[rows].mean())}
    return found


def evaluate(truth: Truth, claims: Claims) -> dict[str, Any]:
    """Every score of a submission, as `metrics.json` holds it."""
    scores = score_listings(truth, claims)
    precision, recall, f1 = (float(x.mean()) for x in (scores.precision, scores.recall, scores.f1))
    return {
        "listings": len(scores.f1),
        "unlabelled_listings": int((truth.product < 0).sum()),
        "products": len(np.unique(scores.product)),
        "true_pairs": truth.pairs,
        "row_wise": asdict(Score(precision, recall, f1)),
        "row_wise_f1_interval_95": bootstrap_mean(scores.f1, scores.product),
        "pairwise": asdict(pairwise(truth, claims)),
        "b_cubed": asdict(_harmonic(precision, recall)),
        "by_group_size": _by_size(scores),
    }


def are_metrics(data: bytes) -> bool:
    """Whether these are the bytes of a `metrics.json` that `evaluate` made."""
    try:
        return {"row_wise", "pairwise", "b_cubed", "by_group_size"} <= json.loads(data).keys()
    except (ValueError, AttributeError, RecursionError):
        return False


def blocking_scores(truth: Truth, candidates: int, true_candidates: int, least: float = 0.0) -> dict[str, float]:
    """Pairs completeness (recall), pairs quality (precision) and reduction ratio of candidate pairs.

    Terms of Christen 2012, "Data Matching", section 7.3. A listing that could not be encoded
    has no candidate, so its true pairs count as missed. least: the probability below which pairs were compared but
    not kept, so that they are not among the `candidates`.
    """
    n = len(truth.product)
    every = n * (n - 1) // 2
    return {
        "candidate_pairs": candidates,
        "candidate_pairs_per_listing": candidates / max(n, 1),
        "pairs_completeness": true_candidates / max(truth.pairs, 1),
        "pairs_quality": true_candidates / max(candidates, 1),
        "reduction_ratio": 1 - candidates / every if every else 0.0,
        "least_probability": least,
    }
