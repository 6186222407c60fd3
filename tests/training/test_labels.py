"""The truth by row of a catalogue's index, whatever order it was read in and whoever has no label."""

import numpy as np
import pyarrow as pa
import pytest

from kembar.errors import TrainingError
from kembar.training.labels import labels_by_row
from kembar.training.pair_features import triplet_rows

IDS = ["a", "b", "c", "d", "e"]


def test_labels_are_in_the_order_of_the_index_and_an_unlabelled_listing_is_a_product_of_its_own():
    split = pa.table(
        {
            "posting_id": ["e", "gone", "a", "c"],
            "label_group": ["g2", "g3", "g1", "g2"],
            "split": ["held_out", "train", "train", "held_out"],
            "fold": pa.array([3, 1, 0, 3], pa.int32()),
        }
    )
    labels = labels_by_row(split, IDS)
    assert labels.product[2] == labels.product[4]
    assert len(set(labels.product.tolist())) == 4
    assert labels.held_out.tolist() == [False, False, True, False, True]
    assert labels.fold.tolist() == [0, -1, 3, -1, 3]
    assert labels.products == 2


def triplets(*rows: tuple[str, str, str, str]) -> pa.Table:
    names = ("anchor_posting_id", "match_posting_id", "non_match_posting_id", "split")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def test_triplets_are_by_row_and_by_split():
    rows = triplet_rows(triplets(("a", "b", "c", "train"), ("d", "e", "a", "held_out")), IDS)
    assert np.array_equal(rows.train, [[0, 1, 2]])
    assert np.array_equal(rows.held_out, [[3, 4, 0]])


def test_a_half_without_a_triplet_and_a_strange_listing_are_refused():
    with pytest.raises(TrainingError, match="no triplet in the held_out split: label more groups"):
        triplet_rows(triplets(("a", "b", "c", "train")), IDS)
    with pytest.raises(TrainingError, match="not in the catalogue; build them again"):
        triplet_rows(triplets(("a", "b", "zz", "train")), IDS)
