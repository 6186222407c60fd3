"""Scales the limits of blocking with the size of a catalogue.

In a larger catalogue every word is more frequent, so the same number of comparisons covers fewer of a title's words.
Also more other products are as near as a true match. Fixed limits would therefore lose recall.
"""

from dataclasses import replace

from kembar.config import BlockingSettings

_ENOUGH = 100_000
_WORDS, _PROPOSALS = 0.3, 0.125


def scale_limits(settings: BlockingSettings, listings: int) -> BlockingSettings:
    """Scale the settings to a catalogue of so many listings.

    Up to 100,000 listings they stay as they are. For each factor of ten beyond, comparisons and block size double, and
    proposals grow by a third. The number of candidates kept stays the same.

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
