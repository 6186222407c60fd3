"""How many labelled groups the curves need, from scratch and from a base that knows other groups."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accuracy.judge import MAX_GROUP, PER_LISTING, TableFit, blank
from accuracy.prepare import Workshop
from accuracy.tables import PairTable
from kembar.clustering.singletons import attach_singletons
from kembar.model.bundle import Decider, Thresholds
from kembar.training.calibration import left_out_pairs
from kembar.training.fit_deciders import STRENGTHS
from kembar.training.fit_discriminator import DiscriminatorFit
from kembar.training.views import FOLDS, LabelledCatalogue

SIZES = (25, 50, 100, 200, 400)
WITH_BASE = SIZES[:4]
DRAWS = 3
SETS = ("shopee-dev",)
BASE_GROUPS = 200

Rows = NDArray[np.int64]


class Classroom:
    """One set with codes that no label has shaped, of which any groups can be labelled."""

    def __init__(self, shop: Workshop, name: str) -> None:
        source, heads = shop.prepared.sources[name], shop.prepared.plain
        index = heads.codes(name, source.towers)
        proposed = shop.propose(f"{name}-0-plain", index)
        self.product = source.labels.product
        self.whole = LabelledCatalogue(name, index, proposed, self.product, np.full(len(index), -1))
        self.table = PairTable.of(index)

    def labelled(self, groups: Rows, how: DiscriminatorFit) -> TableFit:
        """A fit that knows the labels of some groups."""
        fold_of = np.full(self.product.max() + 1, -1)
        fold_of[groups] = np.arange(len(groups)) % FOLDS
        catalogue = replace(self.whole, fold=fold_of[self.product])
        return TableFit([catalogue], how, MAX_GROUP, tables={id(catalogue): self.table})

    def from_base(self, groups: Rows, base: Decider) -> Decider:
        """As training does it: as near to the base as serves the left-out products best."""
        tried = [
            self.labelled(groups, DiscriminatorFit(base.discriminator, PER_LISTING, True, strength))
            for strength in STRENGTHS
        ]
        losses = [left_out_pairs(each, each.view(each.catalogues[0])).log_loss() for each in tried]
        return tried[int(np.argmin(losses))].decider(base.thresholds)

    def f1(self, decider: Decider, groups: Rows) -> float:
        """Of the listings of some groups, in the whole catalogue."""
        scored = self.labelled(groups, DiscriminatorFit(decider.discriminator, PER_LISTING))
        choice = scored.choice(scored.view(scored.catalogues[0]), decider.discriminator, 0)
        told: Thresholds = decider.thresholds
        labels = attach_singletons(choice.group(told.match), choice.neighbours(), told.lone, MAX_GROUP)
        return float(replace(choice, scored=np.isin(self.product, groups)).f1(labels).mean())


def _row(name: str, groups: int, found: list[dict[str, float]]) -> dict[str, Any]:
    cells = {
        key: f"{np.mean([each[key] for each in found]):.3f} ± {np.std([each[key] for each in found]):.3f}"
        for key in found[0]
    }
    return {"set": name, "labelled groups": groups, **cells}


def _scratch(room: Classroom, groups: Rows) -> Decider:
    return room.labelled(groups, DiscriminatorFit(blank(), PER_LISTING)).decider()


def by_labels(shop: Workshop) -> dict[str, Any]:
    """Both curves of learning, over the same few draws."""
    rows, based = [], []
    for name in SETS:
        room = Classroom(shop, name)
        every = np.unique(room.product)
        draws = [np.random.default_rng(k).permutation(every) for k in range(DRAWS)]
        for size in SIZES:
            found = [{"F1 of the others": room.f1(_scratch(room, d[:size]), d[size:])} for d in draws]
            rows.append(_row(name, size, found))
            print(rows[-1], flush=True)
        bases = [_scratch(room, d[:BASE_GROUPS]) for d in draws]
        for size in WITH_BASE:
            found = []
            for draw, base in zip(draws, bases, strict=True):
                mine, others = draw[BASE_GROUPS : BASE_GROUPS + size], draw[BASE_GROUPS + max(WITH_BASE) :]
                ways = {"the base": base, "from scratch": _scratch(room, mine), "from the base": None}
                ways["from the base"] = room.from_base(mine, base)
                found.append({title: room.f1(decider, others) for title, decider in ways.items()})
            based.append(_row(name, size, found))
            print(based[-1], flush=True)
    return {"rows": rows, "based": based}
