"""Blocking: which pairs of listings are worth a decision, in far fewer comparisons than all pairs."""

from kembar.blocking.lists import CandidateLists
from kembar.blocking.proposals import SOURCES, Blocking, Proposals

__all__ = ["SOURCES", "Blocking", "CandidateLists", "Proposals"]
