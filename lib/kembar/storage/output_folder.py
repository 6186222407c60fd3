"""The output folder of a job. One run at a time writes there, and publishes its result whole or not at all.

A run prepares all files under `_staging` and writes a journal of what it is about to move. Then it moves new parts
beside the old ones and replaces `manifest.json`, which lists every part and file. That rename changes the result.
Single files such as `submission.csv` follow. After a kill, the next run completes or undoes the journal. Nothing is
deleted that no journal or manifest names. A reader of the manifest sees one run, never parts of two.
"""

import hashlib
import posixpath
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kembar.errors import RunError
from kembar.storage.files import (
    MANIFEST,
    SUCCESS,
    as_json,
    delete,
    delete_empty,
    exists,
    file_bytes,
    list_paths,
    move,
    read_bytes,
    write_bytes,
)
from kembar.storage.folder_contents import FORMAT, JOURNAL, STAGING, Contents, check_contents, files_of, read_contents
from kembar.storage.locks import locked
from kembar.storage.paths import join_uri
from kembar.storage.table_parts import NewTable, is_whole, measure
from kembar.storage.tables import list_parts
from kembar.storage.versions import versions

_FILES, _FIRST_PAGE = "files", "index.html"


@dataclass(frozen=True)
class OutputFolder:
    """A job's output folder while a run holds it.

    Attributes:
        uri: The folder.
        job: The job that writes there.
        run: The unique name of this run.
        before: The manifest of the last run that ended, or empty.
        unfinished: Earlier runs that did not end, whose staged parts this run may use.
    """

    uri: str
    job: str
    run: str
    before: dict[str, Any]
    unfinished: tuple[str, ...] = ()

    def staged(self, *names: str) -> str:
        """The URI of a file or folder that this run prepares."""
        return join_uri(self.uri, STAGING, self.run, *names)

    def intact_parts(self, name: str, *staged: str) -> list[str]:
        """List the whole parts of a table, so that a run can reuse them.

        Args:
            name: A table of the last run.
            staged: Names under which unfinished runs staged parts of it.

        Returns:
            URIs. Parts that are missing or cut are left out.
        """
        parts: dict[str, dict[str, int] | None] = {
            join_uri(self.uri, name, part): facts for part, facts in self._listed(name).items()
        }
        folders = [join_uri(self.uri, STAGING, run, each) for run in self.unfinished for each in staged]
        parts |= {part: None for folder in folders for part in list_parts(folder)}
        return [part for part, facts in parts.items() if is_whole(part, facts)]

    def publish(
        self,
        tables: dict[str, NewTable],
        files: dict[str, bytes],
        facts: dict[str, Any],
        staged_files: Iterable[str] = (),
        kept_files: Iterable[str] = (),
        stamped: bool = True,
    ) -> dict[str, Any]:
        """Replace the content of the folder with the tables and files of this run.

        1. A journal says what is about to be moved, and what it makes obsolete.
        2. New parts go beside the old ones.
        3. The manifest is replaced: from here on this run is the result.
        4. Single files replace their predecessors, and files that the manifest no longer names are deleted.

        Args:
            tables: The parts of each table.
            files: Single files by their names.
            facts: Further entries of the manifest.
            staged_files: Paths of files that were written to `staged("files", ...)`, relative to that folder.
            kept_files: Paths of files of the last run that stay, relative to the output folder.
            stamped: Whether the manifest has the run, its time and its versions.

        Returns:
            The manifest.

        Raises:
            RunError: The result is published, but the old files could not be deleted.
        """
        listed = {name: {"parts": self._parts_of(name, table)} for name, table in tables.items()}
        described = self._stage_files(files, staged_files) | {name: self.before["files"][name] for name in kept_files}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        stamp = {"made_by": "kembar", "format": FORMAT, "job": self.job, "run": self.run, "ended": now}
        manifest = {**stamp, **facts, "versions": versions(), "tables": listed} if stamped else dict(facts)
        manifest["files"] = dict(sorted(described.items()))
        journal = self._journal(tables, [*files, *staged_files], manifest)
        write_bytes(self.staged(MANIFEST), as_json(manifest))
        self.write_journal(journal)
        for name, table in tables.items():
            delete(join_uri(self.uri, name, SUCCESS))
            for part in table.new_parts():
                move(part, join_uri(self.uri, name, posixpath.basename(part)))
        move(self.staged(MANIFEST), join_uri(self.uri, MANIFEST))
        self._clear_away(journal, manifest)
        return manifest

    def _clear_away(self, journal: dict[str, Any], manifest: dict[str, Any]) -> None:
        try:
            _complete(self.uri, journal, manifest)
            _discard(self.uri, [*self.unfinished, self.run])
        except OSError as error:
            raise RunError(
                f"{self.uri} holds the new result, but kembar could not delete what it replaced; the next run tries "
                f"again: {error}"
            ) from error

    def write_journal(self, facts: dict[str, Any]) -> None:
        """Write the journal. Without `facts` the run moves nothing yet."""
        whose = {"made_by": "kembar", "format": FORMAT, "job": self.job, "runs": [*self.unfinished, self.run]}
        write_bytes(join_uri(self.uri, STAGING, JOURNAL), as_json(whose | facts))

    def _journal(self, tables: dict[str, NewTable], files: list[str], manifest: dict[str, Any]) -> dict[str, Any]:
        """What this run is about to move into the folder, and which files of the last run become obsolete."""
        now = {f"{name}/{part}" for name, table in manifest.get("tables", {}).items() for part in table["parts"]}
        were = {f"{name}/{part}" for name in self.before.get("tables", {}) for part in self._listed(name)}
        gone = files_of(self.before) - set(manifest["files"])
        return {
            "publishing": self.run,
            "manifest_sha256": hashlib.sha256(as_json(manifest)).hexdigest(),
            "parts": {name: [posixpath.basename(p) for p in table.new_parts()] for name, table in tables.items()},
            "files": files,
            "obsolete": sorted((were - now) | gone),
        }

    def _stage_files(self, files: dict[str, bytes], staged: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Stage single files. Returns bytes and SHA-256 of each, and bytes alone of files staged before."""
        for name, data in files.items():
            write_bytes(self.staged(_FILES, name), data)
        described: dict[str, dict[str, Any]] = {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
        }
        return described | {name: {"bytes": file_bytes(self.staged(_FILES, name))} for name in staged}

    def rows(self, name: str, table: NewTable) -> int:
        """Count the rows that a table will have."""
        kept = sum(self._listed(name)[part]["rows"] for part in table.kept)
        return kept + sum(measure(part)["rows"] for part in table.new_parts())

    def _listed(self, name: str) -> dict[str, dict[str, int]]:
        """Rows and bytes of the parts of a table of the last run."""
        return dict(self.before.get("tables", {}).get(name, {}).get("parts", {}))

    def _parts_of(self, name: str, table: NewTable) -> dict[str, dict[str, int]]:
        """Rows and bytes of the parts that a table will have."""
        parts = {part: facts for part, facts in self._listed(name).items() if part in table.kept}
        return dict(sorted((parts | {posixpath.basename(p): measure(p) for p in table.new_parts()}).items()))


def _complete(uri: str, journal: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Finish after a new manifest: move single files, delete obsolete ones, mark tables as whole."""
    staged = join_uri(uri, STAGING, journal["publishing"], _FILES)
    waiting = [name for name in journal["files"] if exists(join_uri(staged, name))]
    if _FIRST_PAGE in waiting:  # a person who opens it must not see pages of two runs
        delete(join_uri(uri, _FIRST_PAGE))
    for name in sorted(waiting, key=lambda each: each == _FIRST_PAGE):
        move(join_uri(staged, name), join_uri(uri, name))
    delete(*(join_uri(uri, path) for path in journal["obsolete"]))
    _mark_whole(uri, manifest)


def _discard(uri: str, runs: Iterable[str]) -> None:
    """Delete the staged files of runs, and last the journal that names them."""
    delete(*(join_uri(uri, STAGING, run) for run in runs), join_uri(uri, STAGING, JOURNAL))
    delete_empty(join_uri(uri, STAGING))


def _mark_whole(uri: str, manifest: dict[str, Any]) -> None:
    for name in manifest.get("tables", {}):
        if not exists(mark := join_uri(uri, name, SUCCESS)):
            write_bytes(mark, b"")


def _recover(found: Contents, keep_staged: bool) -> tuple[str, ...]:
    """Complete an unfinished run if it had replaced the manifest, or else undo it.

    Returns:
        The runs whose staged parts are kept.
    """
    uri, journal = found.uri, found.journal
    if _is_published(found):
        _complete(uri, journal, found.manifest)
    else:
        known = {name: set(table["parts"]) for name, table in found.manifest.get("tables", {}).items()}
        for name, parts in journal.get("parts", {}).items():
            delete(*(join_uri(uri, name, part) for part in parts if part not in known.get(name, set())))
        _mark_whole(uri, found.manifest)
        runs = tuple(journal.get("runs", ()))
        if keep_staged and any(list_paths(join_uri(uri, STAGING, run)) for run in runs):
            return runs
    if journal:
        _discard(uri, journal["runs"])
    return ()


def _is_published(found: Contents) -> bool:
    """Whether the manifest in the folder is that of the run in the journal."""
    manifest, wanted = join_uri(found.uri, MANIFEST), found.journal.get("manifest_sha256")
    return bool(wanted) and exists(manifest) and hashlib.sha256(read_bytes(manifest)).hexdigest() == wanted


@contextmanager
def output_folder(uri: str, job: str, keep_staged: bool = False) -> Iterator[OutputFolder]:
    """Lock the output folder of a job, and complete or undo an unfinished run there.

    Args:
        uri: The folder. A missing one is made.
        job: The job that writes there, a key of `kembar.storage.folder_contents.OUTPUTS`.
        keep_staged: Whether to keep what an unfinished run prepared, because this job can go on with it.

    Raises:
        RunError: Another run holds the folder.
        InputError: The folder holds what the job did not write, or cannot be written to.
    """
    check_contents(uri, job)  # before a lock is written into somebody's folder
    with locked(uri, job):
        found = read_contents(uri, job)
        folder = OutputFolder(uri, job, uuid.uuid4().hex[:12], found.manifest, _recover(found, keep_staged))
        folder.write_journal({})
        try:
            yield folder
        except Exception:
            with suppress(OSError):  # the next run tries again
                _recover(read_contents(uri, job), keep_staged)
            raise
