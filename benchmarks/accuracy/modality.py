"""What each modality is worth, alone and together, and what a catalogue loses where some of it is missing."""

from dataclasses import replace
from typing import Any

import numpy as np

from accuracy.figures import Judged
from accuracy.hide import keep_where, through
from accuracy.judge import TableFit, fit
from accuracy.prepare import Workshop
from kembar.index.catalogue_index import has_titles
from kembar.index.query_expansion import expand_queries
from kembar.training.views import LabelledCatalogue

PATTERNS = {
    "image": ("image",),
    "title": ("title",),
    "hash": ("phash",),
    "image + title": ("image", "title"),
    "image + hash": ("image", "phash"),
    "title + hash": ("title", "phash"),
    "all": ("image", "title", "phash"),
}
SHARES = (0.1, 0.3, 0.5)


def seen_through(shop: Workshop, catalogue: LabelledCatalogue, number: int, pattern: str) -> LabelledCatalogue:
    """A catalogue that has nothing else, with the pairs that match would propose in it."""
    if pattern == ("all" if catalogue.index.has_image.any() else "title + hash"):
        return catalogue
    index = through(catalogue.index, **dict.fromkeys(PATTERNS[pattern], True))
    index = index if has_titles(index) else expand_queries(index)
    key = f"{catalogue.name}-{number}-{pattern.replace(' + ', '-')}"
    return replace(catalogue, index=index, proposed=shop.propose(key, index))


def judge_patterns(shop: Workshop, name: str, patterns: list[str]) -> dict[str, Judged]:
    """Each pattern with its own curves and thresholds."""
    views = shop.catalogues(name)
    natural = "all" if views[0].index.has_image.any() else "title + hash"
    views = {p: [seen_through(shop, view, k, p) for k, view in enumerate(views)] for p in patterns}
    fits = {p: whole(shop, name) if p == natural else fit(each) for p, each in views.items()}
    return {p: Judged.by_groups(cross.labels()) for p, cross in fits.items()}


def by_modality(shop: Workshop) -> dict[str, Any]:
    """Both sets through the patterns that they have."""
    mall = judge_patterns(shop, "mall-dev", list(PATTERNS))
    shopee = judge_patterns(shop, "shopee-dev", ["title", "hash", "title + hash"])
    rows = [
        {"set": name, "with": pattern, **judged.row()}
        for name, found in (("mall-dev", mall), ("shopee-dev", shopee))
        for pattern, judged in found.items()
    ]
    return {"rows": rows, "photos": mall["all"].over(mall["title + hash"])}


def whole(shop: Workshop, name: str) -> TableFit:
    """A set as it is, with curves of its own."""
    return shop.remember(f"fit of {name}", lambda: fit(shop.catalogues(name)))


def product(shop: Workshop) -> TableFit:
    """Curves as a bundle has them, of every pattern: the full one of mall-dev, its parts of both sets."""
    return shop.remember("fit of a bundle", lambda: _product(shop))


def _product(shop: Workshop) -> TableFit:
    mall, shopee = shop.catalogues("mall-dev"), shop.catalogues("shopee-dev")
    cross = fit([*mall, *shopee])
    kept = [np.array(bits, bool) for bits in np.ndindex(2, 2, 2) if any(bits)]
    titled = np.array([False, True, True])
    learnt = [cross.view(c, k) for c in mall for k in kept if (k != titled).any()]
    learnt += [cross.view(c, k) for c in shopee for k in kept if not k[0]]
    return replace(cross, learnt=learnt)


def with_holes(shop: Workshop) -> dict[str, Any]:
    """A share of one modality hidden at random, decided by curves and thresholds that do not know how large it is."""
    known = product(shop)
    rows = []
    for what in ("image", "title", "phash"):
        for share in SHARES:
            catalogues = []
            for number, view in enumerate(shop.catalogues("mall-dev")):
                n = len(view.index)
                flags = {name: np.ones(n, bool) for name in ("image", "title", "phash")}
                flags[what] = np.random.default_rng(7).random(n) >= share
                index = keep_where(view.index, **flags)
                proposed = shop.propose(f"mall-dev-{number}-{what}-less-{share}", index)
                catalogues.append(replace(view, index=index, proposed=proposed))
            cross = replace(fit(catalogues), given=known.folds, thresholds_given=known.thresholds_of)
            hidden = {"image": "photos", "title": "titles", "phash": "hashes"}[what]
            rows.append({"hidden": f"{share:.0%} of the {hidden}", **Judged.by_groups(cross.labels()).row()})
    full = {}
    for name in ("mall-dev", "shopee-dev"):
        own = replace(fit(shop.catalogues(name)), given=known.folds, thresholds_given=known.thresholds_of)
        full[name] = Judged.by_groups(own.labels()).row()
    rows = [{"hidden": "nothing", **full["mall-dev"]}, *rows]
    return {"rows": rows, "shopee": full["shopee-dev"]}
