"""The model card that a bundle carries, after Mitchell et al. 2019, arXiv:1810.03993."""

from dataclasses import asdict
from string import Template
from typing import Any

from kembar.training.loop import EpochResult

_CARD = Template("""\
# A kembar bundle

Decides which listings of a marketplace catalogue sell the same product.

| | |
|---|---|
| trained on | $name: $listings listings of $products products, $held_out of which were held out |
| image tower | $image_tower |
| text tower | $text_tower |
| loss | $loss, best of $epochs epochs |
| held-out triplets, at probability 0.5 | precision $precision, recall $recall, F1 $f1 |
| held-out products, grouped within the whole catalogue | row-wise mean F1 $group_f1 |
| thresholds | match $match, lone $lone |

The thresholds were chosen on the held-out products, so their F1 is a little flattering.
It was measured at a density of $listings listings; a larger catalogue has more
look-alikes. A bundle holds numbers only: heads, discriminator and thresholds.
""")


def model_card(trained_on: dict[str, Any], towers: dict[str, str], history: list[EpochResult], thresholds: Any) -> str:
    """The card as Markdown."""
    best = asdict(min(history, key=lambda result: result.held_out_loss)) if history else {}
    figures = {k: f"{v:.3f}" for k, v in best.items() if isinstance(v, float)}
    return _CARD.safe_substitute(trained_on, **towers, **figures, **vars(thresholds), epochs=len(history))
