"""The folder that a job fills: one run at a time, its result published whole or not at all, a manifest beside it.

A run prepares everything under `_staging`. Publishing moves the new parts of its tables beside the old ones, under
names that no run used before, and then replaces `manifest.json`, which lists every part: that rename is the moment at
which the result changes. Whoever reads through the manifest sees the run before or this one, never some of both. The
`_SUCCESS` of a table, which readers without kembar look at, is gone while its folder holds parts of two runs.
"""

import json
import platform
import posixpath
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from kembar.errors import InputError, RunError
from kembar.storage import (
    MANIFEST,
    SUCCESS,
    delete,
    exists,
    filesystem_of,
    join_uri,
    list_parts,
    move,
    read_bytes,
    read_json,
    write_bytes,
    write_json,
)
from kembar.versions import versions

STAGING, LOCK = "_staging", "_lock"


@dataclass(frozen=True)
class NewTable:
    """What a table is to consist of.

    kept: parts that are in its folder already and stay as they are; staged: URIs of new part files, or of folders
    that Spark wrote.
    """

    staged: list[str]
    kept: list[str] = field(default_factory=list)

    def new_parts(self) -> list[str]:
        """URIs of the part files that are not in the table's folder yet."""
        files = [[uri] if uri.endswith(".parquet") else list_parts(uri) for uri in self.staged]
        return [part for each in files for part in each]


@dataclass(frozen=True)
class OutputFolder:
    """A job's output folder while a run holds it; `before` is the manifest of the last run that ended, or empty."""

    uri: str
    job: str
    run: str
    before: dict[str, Any]

    def staged(self, *names: str) -> str:
        """The URI of something that this run prepares."""
        return join_uri(self.uri, STAGING, *names)

    def sound_parts(self, name: str, *staged: str) -> list[str]:
        """URIs of the parts of a table of the last run, and of those in `staged` folders, that are whole.

        One that is cut or gone is left out: what it held is then to be made again.
        """
        parts: dict[str, dict[str, int] | None] = {
            join_uri(self.uri, name, part): facts for part, facts in self._listed(name).items()
        }
        parts |= {part: None for folder in staged for part in list_parts(folder)}
        return [part for part, facts in parts.items() if _is_whole(part, facts)]

    def publish(self, tables: dict[str, NewTable], files: dict[str, bytes], facts: dict[str, Any]) -> dict[str, Any]:
        """Make the run's tables and files the folder's content, and return its manifest.

        1. New parts go beside the old ones, single files replace their predecessors.
        2. The manifest names what there is now: from here on this run is the result.
        3. What it does not name is deleted.

        Raises:
            RunError: the result is published, but what it replaces could not be deleted.
        """
        for name in tables:
            delete(join_uri(self.uri, name, SUCCESS))
        listed = {name: {"parts": self._move_in(name, table)} for name, table in tables.items()}
        for name, data in files.items():
            write_bytes(join_uri(self.uri, name), data)
        ended = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = {"job": self.job, "run": self.run, "ended": ended, **facts, "versions": versions(), "tables": listed}
        write_json(join_uri(self.uri, MANIFEST), manifest)
        try:
            _sweep(self.uri, manifest)
            delete(join_uri(self.uri, STAGING))
        except OSError as error:
            raise RunError(
                f"{self.uri} holds the new result, but what it replaced could not be cleared away, which the next run "
                f"tries again: {error}"
            ) from error
        return manifest

    def rows(self, name: str, table: NewTable) -> int:
        """How many rows a table will have."""
        kept = sum(self._listed(name)[part]["rows"] for part in table.kept)
        return kept + sum(_measure(part)["rows"] for part in table.new_parts())

    def _listed(self, name: str) -> dict[str, dict[str, int]]:
        """Rows and bytes of the parts of a table, as the last run left it."""
        return dict(self.before.get("tables", {}).get(name, {}).get("parts", {}))

    def _move_in(self, name: str, table: NewTable) -> dict[str, dict[str, int]]:
        """Rows and bytes of every part of a table, once the staged ones are in its folder."""
        parts = {part: facts for part, facts in self._listed(name).items() if part in table.kept}
        for part in table.new_parts():
            short = posixpath.basename(part)
            parts[short] = _measure(part)
            move(part, join_uri(self.uri, name, short))
        return dict(sorted(parts.items()))


def _measure(uri: str) -> dict[str, int]:
    filesystem, path = filesystem_of(uri)
    rows = pq.read_metadata(path, filesystem=filesystem).num_rows
    return {"rows": rows, "bytes": filesystem.get_file_info(path).size}


def _is_whole(uri: str, facts: dict[str, int] | None) -> bool:
    try:
        measured = _measure(uri)
        return facts is None or facts == measured
    except (OSError, pa.ArrowException):
        return False


def table_rows(manifest: dict[str, Any], name: str) -> int:
    """How many rows a table of a manifest has."""
    return sum(part["rows"] for part in manifest["tables"][name]["parts"].values())


def _sweep(uri: str, manifest: dict[str, Any]) -> None:
    """Delete the parts that the manifest does not name, and mark each table as whole."""
    for name, table in manifest.get("tables", {}).items():
        folder = join_uri(uri, name)
        delete(*(part for part in list_parts(folder) if posixpath.basename(part) not in table["parts"]))
        write_bytes(join_uri(folder, SUCCESS), b"")


@contextmanager
def output_folder(uri: str, job: str, keep_staged: bool = False) -> Iterator[OutputFolder]:
    """The output folder of a job, held against other runs; what an earlier run left half-way is put in order.

    keep_staged: leave what a run that was interrupted prepared, since this job can go on with it.

    Raises:
        RunError: another run holds the folder.
    """
    with _held(uri, job):
        manifest = join_uri(uri, MANIFEST)
        before = read_json(manifest) if exists(manifest) else {}
        _sweep(uri, before)
        if not keep_staged:
            delete(join_uri(uri, STAGING))
        yield OutputFolder(uri, job, uuid.uuid4().hex[:12], before)


@contextmanager
def _held(uri: str, job: str) -> Iterator[None]:
    """The folder's lock: the operating system's on a disk, which ends with its process; a marker elsewhere."""
    who = f"jobs/{job}.py on {platform.node()} since {datetime.now(UTC).isoformat(timespec='seconds')}"
    if "://" in uri and not uri.startswith("file://"):
        with _marked(join_uri(uri, LOCK), who):
            yield
        return
    _, folder = filesystem_of(uri)
    lock = FileLock(Path(folder) / LOCK)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(f"another run is writing into {uri}: wait for it to end, or name another output") from None
    except OSError as error:
        raise InputError(f"{uri} cannot be written to: {error.strerror}") from error
    with lock:
        yield


@contextmanager
def _marked(marker: str, who: str) -> Iterator[None]:
    """Stores of objects have no locks: a file says who is at work, and stays if that process is killed."""
    if exists(marker):
        told = json.loads(read_bytes(marker))["who"]
        raise RunError(f"{marker} says that {told} is writing there; if that run was killed, delete this file")
    write_json(marker, {"who": who})
    try:
        yield
    finally:
        delete(marker)


def reconcile(stage: str, came: int, **went: int) -> None:
    """Check that what came into a stage went somewhere.

    Raises:
        RunError: it did not; nothing is published then.

    >>> reconcile("read", 10, usable=8, quarantined=2)
    """
    if came != sum(went.values()):
        parts = " + ".join(f"{count} {name.replace('_', ' ')}" for name, count in went.items())
        raise RunError(f"stage {stage} does not add up: {came} rows came in, {parts} went out; nothing was published")
