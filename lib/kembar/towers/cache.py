"""Where models are kept that are built once from a package's weights."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

_FINGERPRINT_LENGTH = 16


def cache_folder() -> Path:
    """`$KEMBAR_CACHE`, or `~/.cache/kembar`."""
    return Path(os.environ.get("KEMBAR_CACHE") or Path.home() / ".cache" / "kembar")


def file_fingerprint(*paths: Path) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the files' contents, in order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()[:_FINGERPRINT_LENGTH]


def built_once(name: str, build: Callable[[Path], None], cache: Path | None = None) -> Path:
    """The path of `name` in the cache, built by `build(path)` if it is not there yet.

    Of the processes that ask at once one builds and the others wait for it. What is
    built appears by a rename, so a build that fails or is killed leaves nothing that
    looks finished.
    """
    target = (cache or cache_folder()) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return target
    with (target.parent / f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            partial = target.parent / f".{target.name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.unlink(missing_ok=True)
            build(partial)
            partial.rename(target)
    return target
