"""The versions of kembar, Python and the packages that results depend on."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

__version__ = "0.1.0"
_PACKAGES = ("pyspark", "tensorflow", "numpy", "pyarrow", "faiss-cpu", "pillow")


@cache
def versions() -> dict[str, str]:
    """The installed versions by name. Packages that are not installed are left out."""
    found = {"kembar": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
