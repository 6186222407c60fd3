"""What heads learn from: each loss beside the default."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from accuracy.figures import Judged
from accuracy.grocery import half_of, judge_by
from accuracy.judge import fit
from accuracy.prepare import Heads, Workshop, heads_of, open_work
from kembar.config import Settings
from kembar.encoding.towers.runtime import tensorflow
from kembar.training.work_folder import TrainingWork

VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "cross-entropy (the default)": {},
    "the seed's": {"training": {"loss": "triplet_probability"}},
    "cross-entropy, another seed": {"training": {"seed": 8}},
}
TITLED, PHOTOS, ALIKE = ("mall-dev", "shopee-dev"), "grocery-dev", 0.9


@dataclass(frozen=True)
class Learnt:
    """Heads of each half, and the epoch that each kept."""

    views: list[Heads]
    epochs: list[int]


def _changed(settings: Settings, changes: dict[str, dict[str, Any]]) -> Settings:
    return replace(settings, **{name: replace(getattr(settings, name), **new) for name, new in changes.items()})


def _learn(shop: Workshop, key: str, settings: Settings) -> Learnt:
    """Heads of each half, trained on all sets together as a bundle's are."""
    told = {name: shop.prepared.sources[name] for name in shop.names}
    tensorflow()
    from kembar.training.fit import fit_views

    work = TrainingWork(shop.keep.folder / f"training-{key}", list(told), settings)
    views = fit_views(list(told.values()), work, open_work(work))
    epochs = [min(view.trained.history, key=lambda result: result.held_out_loss).epoch for view in views]
    return Learnt([heads_of(view, told) for view in views], epochs)


def _judge(shop: Workshop, key: str, views: list[Heads]) -> dict[str, Judged]:
    """Both sets with titles as whole catalogues, and the shelf photos by the other half of the classes."""
    found = {name: Judged.by_groups(fit(shop.through(name, views, key)).labels()) for name in TITLED}
    halves = [half_of(shop, held_out, views[k], f"{k}-{key}", ALIKE) for k, held_out in enumerate((True, False))]
    deciders = [fit([half]).decider() for half in halves]
    pairs = zip(halves, reversed(deciders), strict=True)
    return found | {PHOTOS: Judged.joined([judge_by(half, decider) for half, decider in pairs])}


def by_loss(shop: Workshop) -> dict[str, Any]:
    """Each variant on each set, and its difference to the default."""
    found: dict[str, dict[str, Judged]] = {}
    epochs: dict[str, str] = {}
    for title, changes in VARIANTS.items():
        key = "".join(c if c.isalnum() else "-" for c in title)
        learnt = shop.keep.once(f"heads-{key}", lambda k=key, c=changes: _learn(shop, k, _changed(shop.settings, c)))
        found[title] = shop.keep.once(f"judged-{key}", lambda k=key, v=learnt.views: _judge(shop, k, v))
        epochs[title] = " and ".join(map(str, learnt.epochs))
        print(title, epochs[title], {name: judged.row()["F1"] for name, judged in found[title].items()}, flush=True)
    default = found[next(iter(VARIANTS))]
    rows = [
        {
            "set": name,
            "heads trained with": title,
            "epochs": epochs[title],
            "listings": int((~np.isnan(judged[name].f1)).sum()),
            "groups": judged[name].products,
            **judged[name].row(),
            "F1 against the default": "" if judged is default else judged[name].over(default[name]),
        }
        for name in (*TITLED, PHOTOS)
        for title, judged in found.items()
    ]
    return {"rows": rows, "said": _differences(found, default)}


def _differences(found: dict[str, dict[str, Judged]], default: dict[str, Judged]) -> str:
    """Which variants differ from the default by more than chance, in words."""
    gains = [
        (title, name, each[name].gain(default[name]))
        for title, each in found.items()
        for name in each
        if each is not default
    ]
    better = [f"{title} on `{name}`" for title, name, (_, low, _) in gains if low > 0]
    worse = [f"{title} on `{name}`" for title, name, (_, _, high) in gains if high < 0]
    return (
        f"Better than the default with an interval that leaves out nought: {'; '.join(better) or 'none'}. "
        f"Worse: {'; '.join(worse) or 'none'}. By chance alone one comparison in forty is either; and the intervals "
        "are of which products there are, not of the training: another seed shows what training again changes."
    )
