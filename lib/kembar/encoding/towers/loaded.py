"""Loads each tower once in a process, for all its tasks."""

from functools import lru_cache

from kembar.encoding.towers.image import ImageTower
from kembar.encoding.towers.text import TextTower


@lru_cache(maxsize=2)
def get_text_tower(handle: str, threads: int = 0) -> TextTower:
    """The text tower of this process."""
    return TextTower(handle, threads)


@lru_cache(maxsize=2)
def get_image_tower(
    name: str, threads: int = 0, weights: bytes | None = None, precision: str = "float32"
) -> ImageTower:
    """The image tower of this process."""
    return ImageTower(name, threads, weights, precision)
