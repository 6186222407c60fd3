"""Where a run's files are, for notebooks: one folder, or places of their own named by environment variables."""

import os
from dataclasses import dataclass, fields

from kembar.storage.files import join_uri

_WITHIN = {
    "matched": "matched",
    "encoded": "encoded",
    "listings": "catalogue/train.csv",
    "images": "catalogue/images",
}


@dataclass(frozen=True)
class RunPlaces:
    """Paths or URIs of what a run read and wrote; bundle: None for the one that ships with kembar."""

    matched: str
    encoded: str
    listings: str
    images: str
    bundle: str | None = None


def find_run(default: str = "../demo") -> RunPlaces:
    """The run to look at: `default` or the folder in `KEMBAR_RUN`, laid out as `make demo` does it.

    Each part can be elsewhere: `KEMBAR_MATCHED`, `KEMBAR_ENCODED`, `KEMBAR_LISTINGS`, `KEMBAR_IMAGES` and
    `KEMBAR_BUNDLE` name it.

    >>> places = find_run("demo")
    >>> places.matched.endswith("matched")
    True
    """
    root = os.environ.get("KEMBAR_RUN", default)
    found = {name: join_uri(root, path) for name, path in _WITHIN.items()}
    variables = {field.name: f"KEMBAR_{field.name.upper()}" for field in fields(RunPlaces)}
    return RunPlaces(**(found | {name: os.environ[var] for name, var in variables.items() if var in os.environ}))
