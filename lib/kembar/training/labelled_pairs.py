"""Labels in pairs alone: a catalogue of which people, or a benchmark, labelled some pairs and no groups.

Few answers move a bundle's curves a little (`kembar.training.review`). Hundreds of them say enough to fit the decision
anew: they are examples as the pairs within and between labelled groups are.
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from kembar.clustering import place_links
from kembar.clustering.graph import component_labels
from kembar.training.views import FOLDS, CandidateRows, LabelledCatalogue

MANY = 300
"""From so many labelled pairs on, of which a tenth or more are of each kind, the decision is fitted to them."""


def with_labelled_pairs(
    catalogue: LabelledCatalogue, posting_ids: list[str], decisions: pa.Table
) -> LabelledCatalogue | None:
    """A catalogue whose truth is that of labelled pairs, or None if they are too few to fit a decision to.

    Its proposed pairs are those of `catalogue` and the labelled ones, so that each listing's best candidates are those
    that match would find. Folds are drawn by listing, those of a chain of matches together.

    Args:
        catalogue: With the pairs that match would propose.
        posting_ids: Its listings by row.
        decisions: DECISIONS, each pair once; those about listings of other catalogues are left out.
    """
    links = place_links(decisions, posting_ids)
    rows = np.concatenate([links.must_link, links.cannot_link], axis=1)
    same = np.arange(rows.shape[1]) < links.must_link.shape[1]
    if rows.shape[1] < MANY or min(same.sum(), (~same).sum()) < MANY // 10:
        return None
    size, proposed = len(posting_ids), catalogue.proposed
    keys, place = np.unique(
        np.concatenate([proposed.left * size + proposed.right, rows[0] * size + rows[1]]), return_inverse=True
    )
    before, labelled = place[: len(proposed.left)], place[len(proposed.left) :]
    sides = np.zeros((2, len(keys)), bool)
    sides[:, before] = True if proposed.sides is None else proposed.sides
    known, truth = np.zeros((2, len(keys)), bool)
    known[labelled], truth[labelled] = True, same
    product = component_labels(links.must_link, size)
    drawn = np.random.default_rng(0).permutation(size)[product] % FOLDS
    fold = np.where(np.isin(np.arange(size), rows), drawn, -1)
    pairs = CandidateRows(keys // size, keys % size, sides)
    return replace(catalogue, proposed=pairs, product=product, fold=fold, known=known, truth=truth)
