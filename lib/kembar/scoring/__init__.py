"""Turns proposed pairs into candidate lists, and these into probabilities with their evidence."""

from kembar.scoring.matches import count_pairs
from kembar.scoring.summary import summarise

__all__ = ["count_pairs", "summarise"]
