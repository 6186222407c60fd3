"""What a decision that was learnt in a catalogue of 1,499 listings is worth in larger and smaller ones."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from accuracy.figures import Judged
from accuracy.judge import MAX_GROUP, PER_LISTING, TableFit
from accuracy.modality import whole
from accuracy.prepare import Workshop
from kembar.clustering.singletons import attach_singletons
from kembar.training.thresholds import GroupingChoice
from kembar.training.views import LabelledCatalogue, ModalityView

NAME = "shopee-dev"
OTHERS = (0, 5_000, 24_380)
SHARES = {"a quarter of the groups": 0.25, "half of the groups": 0.5}

Rows = NDArray[np.int64]


def _catalogues(shop: Workshop, key: str, kept: NDArray[np.bool_], others: int) -> list[LabelledCatalogue]:
    """The kept listings of the set among others, through each view; the others are each a product of its own."""
    source, ids = shop.prepared.sources[NAME], shop.prepared.posting_ids[NAME]
    chosen = [each for each, keep in zip(ids, kept, strict=True) if keep]
    towers, rows = shop.towers_of(f"{NAME}-{key}", NAME, chosen, others)
    place = np.asarray(pc.fill_null(pc.index_in(pa.array(rows), pa.array(ids)), -1), dtype=np.int64)
    product = np.where(place >= 0, source.labels.product[place], 10_000_000 + np.arange(len(rows)))
    found = []
    for number, heads in enumerate(shop.prepared.views):
        index = heads.codes(NAME, towers)
        fold = np.where(place >= 0, heads.judged[NAME][place], -1)
        proposed = shop.propose(f"{NAME}-{number}-{key}", index)
        found.append(LabelledCatalogue(NAME, index, proposed, product, fold))
    return found


def _measure(known: TableFit, catalogues: list[LabelledCatalogue]) -> tuple[Judged, dict[str, Any]]:
    """F1 of the judged listings at the thresholds that were chosen in the set alone, and what blocking proposed."""
    labels, counts = [], []
    for catalogue in catalogues:
        view = ModalityView(catalogue, np.ones(3, bool))
        view.__dict__["index"] = catalogue.index  # the same object for every fold
        for fold, (model, told) in enumerate(zip(known.folds, known.thresholds_of, strict=True)):
            choice = GroupingChoice.of(view, model, PER_LISTING, catalogue.fold == fold)
            groups = choice.group(told.match)
            labels.append((choice, attach_singletons(groups, choice.neighbours(), told.lone, MAX_GROUP)))
            found = catalogue.product[choice.pairs.left] == catalogue.product[choice.pairs.right]
            _, size = np.unique(catalogue.product, return_counts=True)
            counts.append((found.sum() / (size * (size - 1) // 2).sum(), len(found) / len(catalogue.index)))
    complete, per_listing = np.mean(counts, axis=0)
    figures = {"pairs completeness": f"{complete:.3f}", "candidate pairs per listing": f"{per_listing:.1f}"}
    return Judged.by_groups(labels), figures


def by_growth(shop: Workshop) -> dict[str, Any]:
    """Among other shops' goods, and with fewer of its own."""
    known, product = whole(shop, NAME), shop.prepared.sources[NAME].labels.product
    rows, among = [], {}
    for others in OTHERS:
        judged, figures = _measure(known, _catalogues(shop, f"others-{others}", np.ones(len(product), bool), others))
        among[others] = judged
        rows.append({"others": f"{others:,}", **judged.row(), **figures})
        print(rows[-1], flush=True)
    return {"rows": rows, "less": _fewer(shop, known, product, among[0])}


def _fewer(shop: Workshop, known: TableFit, product: Rows, alone: Judged) -> list[dict[str, Any]]:
    """A part of the groups as a catalogue, beside the same products in the whole one."""
    rows = []
    dealt = np.random.default_rng(7).permutation(product.max() + 1)[product] / (product.max() + 1)
    for title, share in SHARES.items():
        kept = dealt < share
        judged, _ = _measure(known, _catalogues(shop, f"share-{share}", kept, 0))
        rows.append({"products of": title, "in a catalogue of": f"{kept.sum():,}", **judged.row()})
        whole_of = Judged(*(np.where(kept, x, np.nan) for x in (alone.precision, alone.recall, alone.f1)), product)
        rows.append({"products of": title, "in a catalogue of": f"{len(kept):,}", **whole_of.row()})
        print(rows[-2:], flush=True)
    return rows
