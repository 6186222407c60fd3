"""What a run leaves for the next: catalogues and candidate pairs as pickles, results as JSON."""

import hashlib
import json
import pickle
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from common import ROOT

from kembar.config import Settings

T = TypeVar("T")


class Keep:
    """A folder of `build/accuracy` for each set of settings; results lie above, the last run's of each table."""

    def __init__(self, settings: Settings) -> None:
        text = json.dumps(asdict(settings), sort_keys=True)
        self.results = ROOT / "build" / "accuracy"
        self.folder = self.results / hashlib.sha256(text.encode()).hexdigest()[:12]
        self.folder.mkdir(parents=True, exist_ok=True)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, from the file of an earlier run where there is one."""
        path = self.folder / f"{name}.pickle"
        if path.exists():
            return pickle.loads(path.read_bytes())
        made = make()
        partial = path.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(made, protocol=5))
        partial.rename(path)
        return made

    def forget(self) -> None:
        """Remove what earlier runs left, but for results."""
        for folder in self.results.iterdir():
            if folder.is_dir():
                shutil.rmtree(folder)
        self.folder.mkdir()

    def _path(self, table: str) -> Path:
        return self.results / f"{table}.json"

    def write(self, table: str, make: Callable[[], dict[str, Any]]) -> None:
        """Run a table and keep its result and how long it took."""
        start = time.monotonic()
        result = make()
        seconds = round(time.monotonic() - start)
        self._path(table).write_text(json.dumps({"seconds": seconds, **result}, indent=1, ensure_ascii=False))
        print(f"{table}: {seconds} s", flush=True)

    def read(self, table: str) -> dict[str, Any] | None:
        """A table's last result."""
        path = self._path(table)
        return json.loads(path.read_text()) if path.exists() else None
