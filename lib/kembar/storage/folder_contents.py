"""Tells which files of an output folder kembar wrote, by its manifest and journal, and which are foreign."""

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.fs as pafs

from kembar.errors import InputError
from kembar.storage.files import MANIFEST, SUMMARY, exists, read_bytes
from kembar.storage.locks import LOCK, is_lock, refuse_held
from kembar.storage.paths import filesystem_of, is_local, join_uri

FORMAT = 1
"""The format of a run's manifest. The first versions wrote none."""
STAGING, JOURNAL, SUBMISSION, _DRIFT = "_staging", "run.json", "submission.csv", "drift.md"
_PASSED_OVER = re.compile(
    r"^(\.DS_Store|\._.*|Thumbs\.db|desktop\.ini|\.nfs[0-9a-f]+|lost\+found|\.[0-9a-f]{12}\.partial)$"
)
"""Files of operating systems and half-written files of kembar. They are ignored and not deleted."""

_HIDDEN = ("_", ".")


@dataclass(frozen=True)
class Outputs:
    """The tables, single files and folders of files that a job writes."""

    tables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    @property
    def names(self) -> set[str]:
        return {MANIFEST, LOCK, STAGING, *self.tables, *self.files, *self.folders}


OUTPUTS = {
    "encode": Outputs(("listings", "quarantine")),
    "match": Outputs(("groups", "changes", "catalogue", "matches", "lists", "hashed"), (SUBMISSION, SUMMARY, _DRIFT)),
    "triplets": Outputs(("triplets", "quarantine")),
    "train": Outputs((), ("README.md", "heads.npz", "discriminator.npz", "image_tower.npz")),
    "report": Outputs((), ("index.html", "group.html", "groups.html"), ("static", "data", "thumbs")),
}


def job_of(manifest: dict[str, Any]) -> str | None:
    """The job whose result a manifest describes, or None if kembar did not write it."""
    versions = manifest.get("versions")
    if manifest.get("made_by") == "kembar" or (isinstance(versions, dict) and "kembar" in versions):
        job = manifest.get("job")
        return job if isinstance(job, str) and job in OUTPUTS else None
    bundle = isinstance(manifest.get("kembar"), str) and isinstance(manifest.get("sha256"), dict)
    return "train" if bundle and "image_tower" in manifest else None


@dataclass(frozen=True)
class Contents:
    """The manifest of the last whole result in a folder, and the journal of an unfinished run."""

    uri: str
    manifest: dict[str, Any] = field(default_factory=dict)
    journal: dict[str, Any] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """Whether kembar wrote into the folder before."""
        return bool(self.manifest or self.journal)

    @property
    def parts(self) -> dict[str, set[str]]:
        """The names of the part files of each table that kembar wrote."""
        named = {name: set(table["parts"]) for name, table in self.manifest.get("tables", {}).items()}
        moved = [(name, part) for name, parts in self.journal.get("parts", {}).items() for part in parts]
        obsolete = [posixpath.split(path) for path in self.journal.get("obsolete", [])]
        for name, part in [*moved, *obsolete]:
            named.setdefault(name, set()).add(part)
        return named

    @property
    def files(self) -> set[str]:
        """The paths of the single files that kembar wrote, relative to the folder."""
        return files_of(self.manifest) | {*self.journal.get("files", []), *self.journal.get("obsolete", [])}


def files_of(manifest: dict[str, Any]) -> set[str]:
    """The single files that a manifest describes. Early versions did not list them, so their job tells them."""
    if "files" in manifest or not manifest:
        return set(manifest.get("files", {}))
    if job_of(manifest) == "match":
        return {SUBMISSION, SUMMARY} | ({_DRIFT} if int(manifest.get("number", 1)) > 1 else set())
    return {"README.md", *manifest["sha256"]} if job_of(manifest) == "train" else set()


def _load(uri: str) -> dict[str, Any] | None:
    """A JSON object, empty if there is no file, or None if the file is anything else."""
    if not exists(uri):
        return {}
    try:
        value = json.loads(read_bytes(uri))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def read_contents(uri: str, job: str) -> Contents:
    """Read what a job's output folder holds.

    Raises:
        InputError: The folder holds the result of another job, or files that kembar did not write.
    """
    filesystem, root = filesystem_of(uri)
    info = filesystem.get_file_info(root)
    if info.type == pafs.FileType.NotFound:
        return Contents(uri)
    if info.type != pafs.FileType.Directory:
        raise InputError(f"{uri} is a file: expected a folder to write to, or the name of a new one")
    manifest = _manifest(uri, job)
    journal = _load(join_uri(uri, STAGING, JOURNAL))
    if journal is None or (journal and (journal.get("made_by") != "kembar" or journal.get("job") != job)):
        ours = journal is not None and journal.get("made_by") == "kembar"
        whose = f"an unfinished run of jobs/{journal['job']}.py" if ours and journal else "which kembar did not write"
        raise InputError(f"{uri} holds {STAGING}, {whose}: name another folder for the output, or remove it")
    found = Contents(uri, manifest, journal)
    if foreign := next(_foreign(found, job), None):
        raise InputError(
            f"{uri} holds {foreign}, which jobs/{job}.py did not write: name another folder for the output, or move "
            "that file away"
        )
    return found


def check_contents(uri: str, job: str) -> None:
    """Check that a job may write into a folder that it does not hold yet.

    Raises:
        RunError: another run holds the folder. What that one writes between two looks seems to be foreign.
        InputError: as `read_contents`.
    """
    try:
        read_contents(uri, job)
    except (InputError, OSError):
        refuse_held(uri)
        raise


def _manifest(uri: str, job: str) -> dict[str, Any]:
    manifest = _load(join_uri(uri, MANIFEST))
    if manifest == {}:
        if exists(join_uri(uri, MANIFEST)):
            manifest = None
        else:
            return {}
    owner = job_of(manifest) if manifest is not None else None
    if manifest is None or owner is None:
        raise InputError(f"{uri} holds a {MANIFEST} that kembar did not write: name another folder for the output")
    if owner != job:
        raise InputError(f"{uri} holds the result of jobs/{owner}.py: name another folder for that of jobs/{job}.py")
    if job != "train" and int(manifest.get("format", 0)) > FORMAT:
        raise InputError(
            f"{uri} was written by a newer kembar (format {manifest['format']}, this one knows {FORMAT}): "
            "name another folder for the output, or use that version"
        )
    return manifest


def _foreign(found: Contents, job: str) -> Iterator[str]:
    """Paths of files that the job must not replace. In a folder that is new to kembar, these are all files."""
    filesystem, root = filesystem_of(found.uri)
    entries = filesystem.get_file_info(pafs.FileSelector(root))
    names = OUTPUTS[job].names
    for entry in sorted(entries, key=lambda info: info.base_name):
        name = entry.base_name
        if _PASSED_OVER.match(name) or (found.ours and name not in names):
            continue
        if is_local(found.uri) and name in names and Path(entry.path).is_symlink():
            yield f"{name}, a link"
        elif entry.type == pafs.FileType.Directory:
            yield from _foreign_within(found, job, name)
        elif entry.type != pafs.FileType.File or not _is_ours(found, name):
            yield name


def _is_ours(found: Contents, name: str) -> bool:
    """Whether kembar wrote a file of this name. Early versions left an empty lock file, which alone proves nothing."""
    if name == LOCK:
        data = read_bytes(join_uri(found.uri, LOCK))
        return is_lock(data) and (bool(data) or found.ours)
    return name == MANIFEST or name in found.files


def _foreign_within(found: Contents, job: str, name: str) -> Iterator[str]:
    """Files below a folder that kembar did not write, without those that readers of its table ignore."""
    parts, is_table = found.parts.get(name, set()), found.ours and name in OUTPUTS[job].tables
    for path in _files(found.uri, name):
        if name == STAGING:
            known = path == JOURNAL or path.split("/")[0] in found.journal.get("runs", ())
        elif is_table:
            known = path in parts or (path.startswith(_HIDDEN) and "/" not in path)
        else:
            known = f"{name}/{path}" in found.files
        if not (known or _PASSED_OVER.match(posixpath.basename(path))):
            yield f"{name}/{path}"


def _files(uri: str, name: str) -> list[str]:
    """All files and links below a folder, as paths relative to it."""
    filesystem, root = filesystem_of(join_uri(uri, name))
    found = filesystem.get_file_info(pafs.FileSelector(root, recursive=True, allow_not_found=True))
    return sorted(posixpath.relpath(i.path, root) for i in found if i.type != pafs.FileType.Directory)
