"""Folders as users have them: trees of files that kembar did not write, some under the very names that it uses."""

import json
import os
from pathlib import Path

import numpy as np

NAMES = (
    "notes.txt", "train.csv", "submission.csv", "summary.json", "manifest.json", "_SUCCESS", "_lock", "run.json",
    "index.html", "README.md", "heads.npz", "part-00000.parquet", "mine.parquet", "logo.css", "prices.json", ".hidden",
    "50% off.txt", "a b#c?.txt", "[new].jpg", "{x}.csv", "it's.txt", "катал ог.csv", "x.partial", "drift.md", "token",
)  # fmt: skip
FOLDERS = (
    "groups", "matches", "listings", "quarantine", "catalogue", "static", "data", "thumbs", "_staging",
    "_staging/codes", "_staging/files", "photos", "my shop", "changes", "lists", "hashed", "triplets", ".git",
    "_temporary", "deep/er/est",
)  # fmt: skip
MANIFESTS = (
    {"name": "my shop", "icons": []},
    {"job": "match", "tables": {"groups": {"parts": {"mine.parquet": {"rows": 1, "bytes": 1}}}}},
    {"made_by": "somebody", "job": "encode", "format": 1},
    {"versions": {"chrome": "1"}, "job": "encode", "tables": {}},
    [],
    {},
    "text",
)


def plant(root: Path, rng: np.random.Generator, most: int = 6) -> dict[Path, bytes]:
    """Write a few files of somebody else's below `root`, none over one that is there; what each holds."""
    planted: dict[Path, bytes] = {}
    for _ in range(rng.integers(1, most + 1)):
        folder = root / str(rng.choice(FOLDERS)) if rng.random() < 0.6 else root
        path = folder / str(rng.choice(NAMES))
        blocked = any(each.exists() and not each.is_dir() for each in (folder, *folder.parents))
        if blocked or os.path.lexists(path):
            continue
        folder.mkdir(parents=True, exist_ok=True)
        if path.name == "manifest.json":
            data = json.dumps(MANIFESTS[rng.integers(len(MANIFESTS))]).encode()
        else:
            data = rng.bytes(int(rng.integers(0, 40)))
        path.write_bytes(data)
        planted[path] = data
    return planted


def snapshot(root: Path) -> dict[Path, bytes]:
    """Every file below a folder, links as what they point to."""
    found = {}
    for path in root.rglob("*"):
        if path.is_symlink():
            found[path] = os.fsencode(path.readlink())
        elif path.is_file():
            found[path] = path.read_bytes()
    return found
