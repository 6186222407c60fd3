"""kembar: product matching in marketplace catalogues, from photo, title and perceptual hash, on Apache Spark.

What an analyst needs in a notebook can be had from here; it is imported when it is first asked for, so that
`import kembar` stays light.

>>> import kembar
>>> kembar.read_matches.__module__
'kembar.analysis.result'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kembar.storage.versions import __version__ as __version__

if TYPE_CHECKING:
    from kembar.analysis import Result, find_run, judge_matches, learn_from_labels, read_matches, study_blocks
    from kembar.session import get_session

__all__ = [
    "Result",
    "find_run",
    "get_session",
    "judge_matches",
    "learn_from_labels",
    "read_matches",
    "study_blocks",
]
_PLACES = dict.fromkeys(__all__, "kembar.analysis") | {"get_session": "kembar.session"}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'kembar' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
