"""The small CNN, trained with the rest, beside the pretrained photo tower."""

from typing import Any

from accuracy.modality import judge_patterns
from accuracy.prepare import Workshop
from kembar.config import load_settings

SETTINGS = ["training.base=scratch", "image_tower.name=small-cnn", "training.epochs=6"]
PATTERNS = ["image", "all"]


def by_tower(shop: Workshop) -> dict[str, Any]:
    """mall-dev through both towers; the CNN sees nothing but its photos."""
    small = Workshop(load_settings(overrides=SETTINGS), ("mall-dev",))
    towers = {"EfficientNet-Lite0 (ImageNet)": shop, "small CNN, 6 epochs": small}
    return {
        "rows": [
            {"tower": title, "with": pattern, **judged.row()}
            for title, each in towers.items()
            for pattern, judged in judge_patterns(each, "mall-dev", PATTERNS).items()
        ]
    }
