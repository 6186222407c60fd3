"""The model card of a bundle (Mitchell et al. 2019, arXiv:1810.03993), and the closing line of training."""

from dataclasses import replace
from pathlib import PurePath
from string import Template

from kembar.config import Settings
from kembar.model.bundle import Bundle
from kembar.training.fit_deciders import Figure, describe
from kembar.training.review import Gain

_CARD = Template("""\
# A kembar bundle

Decides which listings of a marketplace catalogue sell the same product.

| | |
|---|---|
| trained from | $base |
| image tower | $image_tower |
| text tower | $text_tower |
| thresholds with titles | match $match, lone $lone |
| thresholds for photos alone | match $untitled_match, lone $untitled_lone |
| thresholds of variants, with titles | $variant |

## Measured

| catalogue | listings | products | row-wise mean F1 | 95 % |
|---|---:|---:|---:|---|
$rows
$decisions
Each product was grouped among all listings of its catalogue, with curves and thresholds fitted on other products. The
bundle itself has curves and thresholds fitted on all products. A larger catalogue has more look-alikes, so expect a
lower F1 there. If heads were trained, these products were used for early stopping. A bundle holds only numbers: heads,
curves and thresholds.
""")


def short_name(path: str) -> str:
    """A catalogue's short name: that of its folder."""
    return PurePath(path).parent.name or PurePath(path).name


def _named(figures: list[Figure]) -> list[Figure]:
    """The figures with short names, or with whole paths if two would share a name."""
    names = [short_name(each.catalogue) for each in figures]
    if len(set(names)) < len(names):
        return figures
    return [replace(each, catalogue=name) for each, name in zip(figures, names, strict=True)]


def finish_bundle(
    bundle: Bundle, figures: list[Figure], settings: Settings, gain: Gain | None = None
) -> tuple[Bundle, str]:
    """Add to a bundle what it was trained on, and write its card as Markdown."""
    named = _named(figures)
    rows = [
        f"| {f.catalogue} | {f.listings} | {f.products} | {f.f1:.3f} | {f.interval[0]:.3f}-{f.interval[1]:.3f} |"
        for f in named
    ]
    trained_on = {"base": settings.training.base, "loss": settings.training.loss, "catalogues": describe(named)}
    if gain:
        trained_on["decisions"] = {**vars(gain), "interval": list(gain.interval)}
    titled, untitled, variant = bundle.titled.thresholds, bundle.untitled.thresholds, bundle.variant
    card = _CARD.substitute(
        base=settings.training.base,
        image_tower=bundle.image_tower,
        text_tower=bundle.text_tower,
        match=titled.match,
        lone=titled.lone,
        untitled_match=untitled.match,
        untitled_lone=untitled.lone,
        variant=f"match {variant.thresholds.match}, lone {variant.thresholds.lone}" if variant else "not trained",
        rows="\n".join(rows),
        decisions=f"\nFitted to {gain}.\n" if gain else "",
    )
    return replace(bundle, trained_on=trained_on), card


def describe_gains(figures: list[Figure], gain: Gain | None = None) -> str:
    """Describe each catalogue's F1 on left-out products, compared with the base bundle, and the gain from decisions."""
    lines = []
    for each in figures:
        line = f"{short_name(each.catalogue)}: F1 {each.f1:.3f} on left-out products"
        if each.base:
            low, high = each.base.interval
            verdict = "better" if low > 0 else "worse" if high < 0 else "no clear difference"
            line += f", {each.base.f1:.3f} with the base bundle at thresholds chosen the same way"
            line += f" ({verdict}: {low:+.3f} to {high:+.3f}), {each.base.shipped:.3f} at its own thresholds"
        lines.append(line)
    return "\n".join([*lines, *([str(gain)] if gain else [])])
