"""Loads each tower once in a process, for all its tasks."""

from functools import lru_cache

from kembar.encoding.towers.image import ImageTower
from kembar.encoding.towers.text import TextTower

get_text_tower = lru_cache(maxsize=2)(TextTower)
get_image_tower = lru_cache(maxsize=2)(ImageTower)
