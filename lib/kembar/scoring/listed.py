"""Scores of pairs that a file names, proposed by blocking or not, with the evidence that each rests on."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from kembar.index.catalogue_index import CatalogueIndex
from kembar.model.discriminator import Discriminator
from kembar.scoring.differences import describe_differences
from kembar.scoring.score import explain_pairs

_AT_ONCE = 65_536
_FIRST = ["posting_id_l", "posting_id_r", "probability", "reason", "differences", "prior"]


def score_listed(index: CatalogueIndex, posting_ids: list[str], model: Discriminator, pairs: pa.Table) -> pa.Table:
    """Score the pairs of a table `posting_id_l, posting_id_r`, and keep its rows and their order.

    Args:
        index: The catalogue, with best logits if the model looks at the gap.
        posting_ids: Its listings by row.
        model: The discriminator.
        pairs: The pairs to score.

    Returns:
        The pairs with `probability`, the columns of `kembar.scoring.score.explain_pairs`, and `reason`: why a pair has
        no probability, else null.
    """
    names = pa.array(posting_ids, pa.string())
    rows = [np.asarray(pc.index_in(pairs[f"posting_id_{s}"], names).fill_null(-1)).astype(np.int64) for s in "lr"]
    known = np.flatnonzero((rows[0] >= 0) & (rows[1] >= 0))
    parts = [
        explain_pairs(index, model, rows[0][chunk], rows[1][chunk])
        for chunk in np.array_split(known, max(len(known) // _AT_ONCE, 1))
    ]
    place = np.full(len(pairs), -1, np.int64)
    place[known] = np.arange(len(known))
    scored = pa.Table.from_batches(parts).take(pa.array(place, mask=place < 0))
    return (
        scored.append_column("reason", _reasons(pairs, rows))
        .append_column("posting_id_l", pairs["posting_id_l"])
        .append_column("posting_id_r", pairs["posting_id_r"])
    )


def _reasons(pairs: pa.Table, rows: list[NDArray[np.int64]]) -> pa.Array:
    reasons: list[str | None] = [None] * len(pairs)
    for side, found in zip("rl", rows[::-1], strict=True):
        for row in np.flatnonzero(found < 0):
            reasons[row] = f"posting_id_{side} is not in the encoded catalogue"
    return pa.array(reasons, pa.string())


def add_differences(scored: pa.Table, attributes: pa.Table) -> pa.Table:
    """Add the column `differences` in words, from a table `posting_id, attributes`."""
    known = dict(zip(attributes["posting_id"].to_pylist(), attributes["attributes"].to_pylist(), strict=True))
    sides = (scored[f"posting_id_{side}"].to_pylist() for side in "lr")
    said = [
        describe_differences(known.get(left) or [], known.get(right) or []) for left, right in zip(*sides, strict=True)
    ]
    return scored.append_column("differences", pa.array(said, pa.string()))


def scores_csv(scored: pa.Table) -> bytes:
    """The scores as CSV, the pair and its probability first."""
    rest = [name for name in scored.column_names if name not in _FIRST]
    text = io.BytesIO()
    pacsv.write_csv(scored.select([*_FIRST, *rest]), text)
    return text.getvalue()


def are_scores(data: bytes) -> bool:
    """Whether these are the bytes of a file of scores."""
    header = data.partition(b"\n")[0].decode("utf-8", "replace").replace('"', "").strip()
    return header.split(",")[: len(_FIRST)] == _FIRST
