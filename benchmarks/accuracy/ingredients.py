"""What each ingredient is worth: left out one by one, and what was tried beside them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from accuracy.extras import FEATURES, Stacked, features
from accuracy.figures import Judged
from accuracy.judge import PER_LISTING, blank, fit
from accuracy.modality import whole
from accuracy.prepare import Workshop
from kembar.index.catalogue_index import CatalogueIndex
from kembar.model.discriminator import Discriminator
from kembar.training.fit_discriminator import DiscriminatorFit, without_gap
from kembar.training.views import LabelledCatalogue, ModalityView

SETS = ("shopee-dev", "mall-dev")


@dataclass(frozen=True)
class GaplessFit(DiscriminatorFit):
    """Fits the first look alone, and decides by it."""

    def fit(self, views: list[ModalityView], without: int | None = None) -> Discriminator:
        """The second look is the first."""
        parts = [self._proposed(view, without) for view in views]
        return without_gap(self._curves(self.start.first, views, parts))


def _less(index: CatalogueIndex, what: str) -> CatalogueIndex:
    """The catalogue with all its listings equally far apart in one distance; proposals are made before."""
    if what in ("words", "characters"):
        return replace(index, **{what: csr_array(getattr(index, what).shape, dtype=np.float32)})
    if what == "title":
        return replace(index, title=np.zeros_like(index.title))
    return replace(index, **{f"has_{what}": np.zeros(len(index), bool)})


def judge_set(shop: Workshop, name: str) -> dict[str, Judged]:
    """Each variant of the decision on one set."""
    views = shop.catalogues(name)

    def without(what: str) -> list[LabelledCatalogue]:
        return [replace(view, index=_less(view.index, what)) for view in views]

    full = whole(shop, name)
    variants = {
        "everything": full,
        "without word TF-IDF": fit(without("words")),
        "without character TF-IDF": fit(without("characters")),
        "without the title's code": fit(without("title")),
        **({"without the photo's code": fit(without("image"))} if name == "mall-dev" else {}),
        "without the hash": fit(without("hash")),
        "without the gap": fit(views, GaplessFit(blank(), PER_LISTING)),
        "without centring": fit(shop.through(name, shop.prepared.views, "uncentred", centred=False)),
        "heads of principal components": fit(shop.through(name, [shop.prepared.plain], "plain")),
    }
    tried = {f"with {each}": {"more": features(name, shop.prepared.posting_ids[name], [each])} for each in FEATURES}
    every = features(name, shop.prepared.posting_ids[name], list(FEATURES))
    tried |= {
        "with neighbourhood cosine": {"neighbourhood": True},
        "with all four": {"more": every, "neighbourhood": True},
        "boosted trees over all distances and these": {"more": every, "neighbourhood": True, "trees": True},
    }
    for title, how in tried.items():
        variants[title] = Stacked(
            full.catalogues, full.how, full.max_group, given=full.folds, tables=full.tables, **how
        )
    found = {}
    for title, variant in variants.items():
        found[title] = Judged.by_groups(variant.labels())
        print(name, title, found[title].row(), flush=True)
    return found


def by_ingredient(shop: Workshop) -> dict[str, Any]:
    """Both sets, each variant beside the whole."""
    rows = []
    for name in SETS:
        found = judge_set(shop, name)
        whole = found["everything"]
        for title, judged in found.items():
            change = "" if judged is whole else judged.over(whole)
            rows.append({"set": name, "decided": title, **judged.row(), "F1 against everything": change})
    return {"rows": rows}
