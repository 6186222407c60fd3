"""The cache folder of models that are built once from the weights of a package."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from kembar.errors import ConfigError

_FINGERPRINT_LENGTH = 16
_CACHE = "KEMBAR_CACHE"


def cache_folder() -> Path:
    """`$KEMBAR_CACHE`, or `~/.cache/kembar`.

    Raises:
        ConfigError: The variable is not set, and there is no home folder.
    """
    if named := os.environ.get(_CACHE):
        return Path(named)
    try:
        return Path.home() / ".cache" / "kembar"
    except RuntimeError as error:
        raise ConfigError(
            f"the towers are built into a cache folder, and there is no home folder for it: set {_CACHE} to a "
            "writable folder"
        ) from error


def file_fingerprint(*paths: Path) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the files' contents, in order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()[:_FINGERPRINT_LENGTH]


def built_once(name: str, build: Callable[[Path], None], cache: Path | None = None) -> Path:
    """Return the path of `name` in the cache, and build it if it is missing.

    If several processes ask at once, one builds and the others wait. A rename publishes the finished model, so a build
    that is killed leaves nothing that looks finished.

    Args:
        name: The name of a file or folder, with the version of what it is built from.
        build: Writes the model to the path that it is given.
        cache: The cache folder, or None for `cache_folder()`.

    Raises:
        ConfigError: The cache cannot be written to.
    """
    folder = cache or cache_folder()
    try:
        return _built_in(folder, name, build)
    except OSError as error:
        raise ConfigError(
            f"the cache folder {folder} for the towers cannot be used: {error.strerror or error}; "
            f"set {_CACHE} to a writable folder on every machine (for Spark's executors with "
            f"spark.executorEnv.{_CACHE})"
        ) from error


def _built_in(folder: Path, name: str, build: Callable[[Path], None]) -> Path:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return target
    with FileLock(target.parent / f".{target.name}.lock"):
        if not target.exists():
            partial = target.parent / f".{target.name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.unlink(missing_ok=True)
            build(partial)
            partial.rename(target)
    return target
