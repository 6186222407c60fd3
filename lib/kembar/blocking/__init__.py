"""Blocking: proposes the pairs of listings that are worth comparing, far fewer than all pairs."""

from kembar.blocking.lists import CandidateLists
from kembar.blocking.proposals import SOURCES, Blocking, Proposals

__all__ = ["SOURCES", "Blocking", "CandidateLists", "Proposals"]
