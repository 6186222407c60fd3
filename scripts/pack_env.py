"""Pack what executors import into one archive for spark-submit --archives: dist/env.tar.gz.

scripts/pack_env.py [--output dist/env.tar.gz] [--python /usr/bin/python3.11]

The archive is a virtual environment: bin/python is a link to the interpreter that each machine of the cluster must have
at that path. In it is what requirements.txt names and what that needs in turn, as the packages' own lists of files say,
so that whatever else this environment holds for development stays here.
"""

import argparse
import io
import sys
import tarfile
import time
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
NOT_IMPORTED = {"pyspark", "py4j", "libclang", "pip", "wheel"}
"""Spark brings the first two along in its own version; TensorFlow asks for the third and does not load it. Of these
nothing but the name and version travels."""
NOT_RUN = ("/include/", "/tests/")
NOT_LOADED = (".a", ".h", ".hpp", ".pyi", ".cmake")
_FAST = 1
"""gzip's level: the next ones save a tenth of the size for twice the time."""


def needed(requirements: list[str]) -> dict[str, Distribution]:
    """The distributions that requirements name, and those that they need in turn."""
    found: dict[str, Distribution] = {}
    todo = [Requirement(line) for line in requirements]
    while todo:
        wanted = todo.pop()
        name = canonicalize_name(wanted.name)
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # an extra of another platform
            continue
        asked = (Requirement(text) for text in found[name].requires or ())
        extras = wanted.extras or {""}
        todo += [each for each in asked if not each.marker or any(each.marker.evaluate({"extra": e}) for e in extras)]
    return found


def files_of(name: str, package: Distribution) -> Iterator[tuple[Path, str]]:
    """Each file of a package that executors may load: where it is, and its place under site-packages."""
    for file in package.files or ():
        place = PurePosixPath(file).as_posix()
        useless = place.startswith("..") or place.endswith(NOT_LOADED) or any(part in place for part in NOT_RUN)
        about = ".dist-info/" in place or ".egg-info/" in place
        path = Path(str(package.locate_file(file)))
        if path.is_file() and (about or not (useless or name in NOT_IMPORTED)):
            yield path, place


def add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(text), 0o644, int(time.time())
    archive.addfile(entry, io.BytesIO(text.encode()))


def add_link(archive: tarfile.TarFile, name: str, target: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, target, 0o777
    archive.addfile(entry)


def pack(output: Path, python: Path) -> tuple[int, int]:
    """Write the archive; how many packages are in it, and their bytes."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    packages = needed([line for line in lines if line and not line.startswith("#")])
    size, partial = 0, output.with_name(f"{output.name}.partial")
    output.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(partial, "w:gz", compresslevel=_FAST) as archive:
        add_text(archive, "pyvenv.cfg", f"home = {python.parent}\ninclude-system-site-packages = false\n")
        add_link(archive, f"bin/{version}", str(python))
        for name in ("python", "python3"):
            add_link(archive, f"bin/{name}", version)
        for name in sorted(packages):
            for path, place in files_of(name, packages[name]):
                archive.add(path, f"lib/{version}/site-packages/{place}", recursive=False)
                size += path.stat().st_size
    partial.replace(output)
    return len(packages), size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "env.tar.gz")
    here = Path(sys.executable).resolve()
    parser.add_argument("--python", type=Path, default=here, help=f"the interpreter on the cluster's machines ({here})")
    args = parser.parse_args()
    start = time.monotonic()
    packages, size = pack(args.output, args.python)
    packed, seconds = args.output.stat().st_size, time.monotonic() - start
    print(f"{args.output}: {packages} packages, {size / 1e9:.2f} GB in {packed / 1e9:.2f} GB, {seconds:.0f} s")


if __name__ == "__main__":
    main()
