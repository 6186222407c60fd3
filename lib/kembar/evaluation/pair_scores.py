"""How good scores of labelled pairs are: precision, recall and F1 at a threshold, ranking, and calibration."""

import json
import math
import posixpath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kembar.errors import InputError
from kembar.listings.decision_files import Row, read_rows
from kembar.listings.decisions import DIFFERENT, SAME
from kembar.listings.pair_files import PAIR_NAMES
from kembar.storage.text_files import shown

_PAIR = ["posting_id_l", "posting_id_r"]
_BINS, _DRAWS = 10, 1000


def label_scores(decisions: pa.Table, scores: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probability and truth of each labelled pair, `[pairs]` each; a pair without a score has probability NaN.

    Args:
        decisions: DECISIONS, the labels.
        scores: A CSV file with posting_id_l, posting_id_r and probability, the pairs' listings in either order.

    Raises:
        InputError: The file is missing, lacks a column, or has a probability that is none. The message names the row.
    """
    rows = read_rows(scores, [*_PAIR, "probability"], names=PAIR_NAMES)
    found = {tuple(sorted(row.values[side] for side in _PAIR)): _probability(scores, row) for row in rows}
    labelled = decisions.filter(pc.is_in(decisions["decision"], pa.array([SAME, DIFFERENT])))
    pairs = zip(*(labelled[side].to_pylist() for side in _PAIR), strict=True)
    probability = np.array([found.get((min(pair), max(pair)), math.nan) for pair in pairs])
    return probability, np.asarray(pc.equal(labelled["decision"], SAME)).astype(bool)


def _probability(uri: str, row: Row) -> float:
    """The probability of a row, NaN for an empty cell."""
    text = row.values["probability"]
    try:
        value = float(text or "nan")
    except ValueError:
        value = math.inf
    if not (math.isnan(value) or 0 <= value <= 1):
        name = posixpath.basename(uri)
        raise InputError(f"{name}: row {row.number}: expected a probability from 0 to 1, received {shown(text)}")
    return value


def evaluate_pairs(probability: NDArray[np.float64], same: NDArray[np.bool_], threshold: float = 0.5) -> dict[str, Any]:
    """The scores of labelled pairs; a pair without a probability counts as said to be different.

    Args:
        probability: `[pairs]`, NaN where there is none.
        same: `[pairs]`.
        threshold: From which probability on a pair is said to be the same.
    """
    chance = np.nan_to_num(probability)
    said = chance >= threshold
    hits = int((said & same).sum())
    order = np.argsort(-chance, kind="stable")
    found = np.cumsum(same[order])
    last = np.flatnonzero(np.diff(chance[order], append=-1.0))  # of equal scores all or none are said to be the same
    f1 = 2 * found[last] / (last + 1 + max(int(same.sum()), 1))
    recall = found[last] / max(int(same.sum()), 1)
    best = int(np.argmax(f1)) if len(f1) else 0
    place = np.minimum((chance * _BINS).astype(int), _BINS - 1)
    errors = np.bincount(place, chance, _BINS) - np.bincount(place, same, _BINS)
    return {
        "pairs": len(same),
        "same": int(same.sum()),
        "without_score": int(np.isnan(probability).sum()),
        "threshold": threshold,
        "precision": hits / max(int(said.sum()), 1),
        "recall": hits / max(int(same.sum()), 1),
        "f1": _f1(said, same),
        "f1_interval_95": _interval(said, same),
        "best_f1": float(f1[best]) if len(f1) else 0.0,
        "best_threshold": float(chance[order][last[best]]) if len(f1) else threshold,
        "average_precision": float(np.sum(np.diff(recall, prepend=0) * found[last] / (last + 1))),
        "calibration_error": float(np.abs(errors).sum() / max(len(same), 1)),
    }


def _f1(said: NDArray[np.bool_], same: NDArray[np.bool_]) -> float:
    return float(2 * (said & same).sum() / max(said.sum() + same.sum(), 1))


def _interval(said: NDArray[np.bool_], same: NDArray[np.bool_]) -> tuple[float, float]:
    """The 95 % percentile interval of F1, pairs drawn with replacement."""
    rng = np.random.default_rng(7)
    drawn = (rng.integers(len(same), size=len(same)) for _ in range(_DRAWS if len(same) else 0))
    found = [_f1(said[each], same[each]) for each in drawn] or [0.0]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def are_pair_metrics(data: bytes) -> bool:
    """Whether these are the bytes of a file that holds what `evaluate_pairs` gives."""
    try:
        return {"best_f1", "average_precision", "calibration_error"} <= json.loads(data).keys()
    except (ValueError, AttributeError, RecursionError):
        return False
