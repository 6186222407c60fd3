"""Photos alone: shelf photos of classes that neither heads nor curves have seen."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accuracy.figures import Judged
from accuracy.hide import take_rows, through
from accuracy.judge import fit
from accuracy.prepare import Heads, Workshop
from kembar.clustering.singletons import attach_singletons
from kembar.index.vectors import normalise_rows
from kembar.model.bundle import Decider
from kembar.training.views import LabelledCatalogue

NAME = "grocery-dev"
ALIKE = (0.9, 0.75)


def thinned(photos: NDArray[np.float32], product: NDArray[np.int64], alike: float) -> NDArray[np.int64]:
    """Rows of which no two of one class look alike: the towers' cosine is at most `alike` to every one kept before."""
    kept: list[int] = []
    unit = normalise_rows(photos)
    for row in range(len(unit)):
        affected_members = [other for other in kept if product[other] == product[row]]
        if not affected_members or (unit[affected_members] @ unit[row]).max() <= alike:
            kept.append(row)
    return np.array(kept)


def half_of(shop: Workshop, held_out: bool, heads: Heads, key: str, alike: float) -> LabelledCatalogue:
    """The classes of one half, thinned, as a catalogue with the codes of one view's heads, which `key` names."""
    source = shop.prepared.sources[NAME]
    half = np.flatnonzero(source.labels.held_out == held_out)
    rows = half[thinned(source.towers.image[half].astype(np.float32), source.labels.product[half], alike)]
    towers = through(take_rows(source.towers, rows), image=True)
    index = heads.codes(NAME, towers)
    proposed = shop.propose(f"{NAME}-{held_out}-{key}-{alike}", index)
    return LabelledCatalogue(NAME, index, proposed, source.labels.product[rows], source.labels.fold[rows])


def judge_by(catalogue: LabelledCatalogue, decider: Decider) -> Judged:
    cross = fit([catalogue])
    choice = cross.choice(cross.view(catalogue), decider.discriminator, 0)
    choice = replace(choice, scored=np.ones(len(catalogue.index), bool))
    told = decider.thresholds
    labels = attach_singletons(choice.group(told.match), choice.neighbours(), told.lone, cross.max_group)
    return Judged.by_groups([(choice, labels)])


def by_photos(shop: Workshop) -> dict[str, Any]:
    """Each half judged by the other. View 0 has heads of the training half, view 1 of the held-out one: the
    curves are fitted to classes as heads see them that do not know them, as in training."""
    rows, views = [], shop.prepared.views
    for alike in ALIKE:
        for title, judged, heads in (("second", True, 0), ("first", False, 1)):
            catalogue = half_of(shop, judged, views[heads], str(heads), alike)
            told = fit([half_of(shop, not judged, views[1 - heads], str(1 - heads), alike)]).decider()
            size = {"classes": len(np.unique(catalogue.product)), "photos": len(catalogue.index)}
            row = {"cosine to others": f"≤ {alike}", "half": title, **size, **judge_by(catalogue, told).row()}
            rows.append(row | {"threshold": f"{told.thresholds.match:.2f}"})
            print(rows[-1], flush=True)
    return {"rows": rows}
