"""Blocking: which pairs of listings are worth a decision, in far fewer comparisons than all pairs."""

from kembar.blocking.candidates import count_by_source, keep_best, propose_pairs
from kembar.blocking.keys import BLOCKS, SOURCES, block_keys

__all__ = ["BLOCKS", "SOURCES", "block_keys", "count_by_source", "keep_best", "propose_pairs"]
