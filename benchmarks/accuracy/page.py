"""The page: one section a table."""

from collections.abc import Callable
from typing import Any

import pandas as pd
from common import markdown

ABOUT = """How good groups are, by what a listing has, by what decides, and by how much is labelled.

Every figure is of a **whole catalogue**: all listings are grouped together and every product is judged by heads
and curves that were not fitted to it. Heads are trained on one half of the products and judge the other, which has
only said at which epoch to stop; curves are fitted in five folds of products, and the thresholds of a fold are those
that were best for the other folds. This is harder
than grouping the held-out fifth alone, as a cross-validation by jobs does, since five times as many listings
compete. Precision, recall and F1 are those of each listing's set, averaged (the competition's score); B-cubed F1 is
the harmonic mean of the first two. Intervals draw products with replacement, a thousand times; a difference's is
paired. `mall-dev` is real titles and labels with photos of other goods joined to them: listings of a product whose
hashes are equal share one photo, near hashes a light edit of it, far ones a heavy edit, another view or a photo of
something else. What photos add there is what they add to such a catalogue, and not to a shop's own. `shopee-dev` is
the same titles with the marketplace's own hashes and no photos."""


def _one(key: str = "rows") -> Callable[[dict[str, Any]], str]:
    return lambda found: markdown(pd.DataFrame(found[key]).fillna(""))


def _modality(found: dict[str, Any]) -> str:
    return (
        f"{_one()(found)}\n\nPhotos add {found['photos']} to titles and hashes on `mall-dev`, whose photos "
        "are of other goods. Each row is a catalogue that has nothing else, with candidate pairs, curves and "
        "thresholds of its own."
    )


def _holes(found: dict[str, Any]) -> str:
    shopee = found["shopee"]
    return (
        "A modality of randomly chosen listings hidden in `mall-dev`, decided by curves and thresholds that were "
        "fitted to both sets as they are, as a bundle's are.\n\n"
        f"{_one()(found)}\n\nThe same curves and thresholds on `shopee-dev`: F1 {shopee['F1']} "
        f"({shopee['95 % interval']}), precision {shopee['precision']}, recall {shopee['recall']}."
    )


def _calibration(found: dict[str, Any]) -> str:
    return (
        "Over the candidate pairs of judged listings. Thresholds are of the match before lone listings join; the best "
        "one is chosen with all labels known, and the chosen ones without the judged fold.\n\n"
        f"{_one()(found)}\n\nOf the pairs of each tenth of probability, the mean that was said → the share that was "
        f"a match (pairs):\n\n{_one('reliability')(found)}"
    )


def _growth(found: dict[str, Any]) -> str:
    return (
        "`shopee-dev` among English titles of other shops' goods, each a product of its own; thresholds chosen "
        f"without them.\n\n{_one()(found)}\n\nA part of the groups as a catalogue of its own, "
        "and the same products in the whole one:\n\n"
        f"{_one('less')(found)}"
    )


def _learning(found: dict[str, Any]) -> str:
    return (
        "Curves and thresholds from a few labelled groups, over heads of principal components that need no label; "
        "mean and standard deviation over three draws. All other groups are judged.\n\n"
        f"{_one()(found)}\n\nBeside a base that was fitted to 200 other groups; the 100 groups that neither knows "
        f"are judged:\n\n{_one('based')(found)}"
    )


def _losses(found: dict[str, Any]) -> str:
    return f"{_one()(found)}\n\nWhat is not the default is off unless it is asked for. {found['said']}"


SECTIONS: dict[str, tuple[str, str, Callable[[dict[str, Any]], str]]] = {
    "modality": ("By modality", "", _modality),
    "holes": ("Where some of it is missing", "", _holes),
    "ingredients": (
        "By ingredient",
        "Left out one by one, candidate pairs as they are but for centring and heads; then what was tried and is not "
        "in the product, as a regression over the product's log-odds and the new evidence.",
        _one(),
    ),
    "grouping": (
        "By grouping",
        "From the same probabilities, each way with its own thresholds, those of a fold chosen by the other folds.",
        _one(),
    ),
    "calibration": ("Calibration", "", _calibration),
    "growth": ("As the catalogue grows", "", _growth),
    "learning": ("By how much is labelled", "", _learning),
    "grocery": (
        "Photos alone",
        "`grocery-dev`: really different shots of groceries on shelves. Heads, curves and thresholds come from the "
        "other half of the classes. Shots that look like one before, by the tower's own cosine, are left out.",
        _one(),
    ),
    "losses": (
        "By what heads learn from",
        "Heads trained with each loss; everything after the heads is the same. Sets with titles are whole "
        "catalogues; of `grocery-dev` each half of the classes is judged "
        "by the other (cosine to others ≤ 0.9). Epochs are those that the heads of each half kept.",
        _losses,
    ),
    "cnn": (
        "The small CNN",
        "36,000 parameters, trained from scratch with the heads, beside the pretrained tower.",
        _one(),
    ),
}


def write_sections(read: Callable[[str], dict[str, Any] | None]) -> str:
    """The text of the page."""
    parts = [ABOUT]
    for table, (title, about, show) in SECTIONS.items():
        if found := read(table):
            body = "\n\n".join(part for part in (about, show(found)) if part)
            parts.append(f"## {title}\n\n{body}\n\n{found['seconds']} seconds.")
    return "\n\n".join(parts)
