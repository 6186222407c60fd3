"""Limits of blocking that follow the size of a catalogue.

In a larger catalogue every word is more frequent, so that the same comparisons reach fewer of a title's words, and more
strangers are as near as a true pair. Limits that stay as they are then find less and less.
"""

from dataclasses import replace

from kembar.config import BlockingSettings

_ENOUGH = 100_000
_WORDS, _PROPOSALS = 0.3, 0.125


def scale_limits(settings: BlockingSettings, listings: int) -> BlockingSettings:
    """The settings for a catalogue of so many listings: as they are up to 100,000; with each tenfold of that, twice the
    comparisons and the block of a word and a third more proposals. What is kept of those does not grow.

    >>> from kembar.config import load_settings
    >>> for listings in (100_000, 1_000_000):
    ...     limits = scale_limits(load_settings().blocking, listings)
    ...     print(limits.word_comparisons, limits.max_block, limits.proposals_per_listing)
    1000 500 120
    1995 998 160
    """
    tenths = max(listings / _ENOUGH, 1.0)
    return replace(
        settings,
        word_comparisons=round(settings.word_comparisons * tenths**_WORDS),
        max_block=round(settings.max_block * tenths**_WORDS),
        proposals_per_listing=round(settings.proposals_per_listing * tenths**_PROPOSALS),
    )
