"""Reads, writes, moves and deletes files by URI, on a local disk or in any store that Arrow knows."""

import hashlib
import json
import posixpath
import uuid
from contextlib import suppress
from typing import Any

import pyarrow.fs as pafs

from kembar.errors import InputError
from kembar.storage.paths import filesystem_of as filesystem_of
from kembar.storage.paths import join_uri as join_uri
from kembar.storage.paths import spark_path as spark_path

MANIFEST, SUMMARY, SUCCESS = "manifest.json", "summary.json", "_SUCCESS"


def exists(uri: str) -> bool:
    filesystem, path = filesystem_of(uri)
    return bool(filesystem.get_file_info(path).type != pafs.FileType.NotFound)


def require(uri: str, what: str) -> None:
    """Raises InputError naming `what` if nothing is at `uri`."""
    if not exists(uri):
        raise InputError(f"{what} not found: {uri}")


def describe_input(uri: str) -> dict[str, Any]:
    """Describe an input for a manifest: its URI, bytes, time of last change, and codes if it is encoded."""
    filesystem, path = filesystem_of(uri)
    info = filesystem.get_file_info(path)
    changed = info.mtime.isoformat(timespec="seconds") if info.mtime else None
    known = {"uri": uri, "bytes": info.size, "changed": changed}
    return known | ({"codes": codes} if (codes := codes_of(uri)) else {})


def read_manifest(folder: str) -> dict[str, Any]:
    """Read the manifest of a folder. It is empty if there is none."""
    return read_json(uri) if exists(uri := join_uri(folder, MANIFEST)) else {}


def codes_of(encoded: str) -> str | None:
    """A fingerprint of the encoded listings in a folder, or None if it has no manifest."""
    listed = read_manifest(encoded).get("tables", {}).get("listings")
    return hashlib.blake2b(json.dumps(listed, sort_keys=True).encode(), digest_size=8).hexdigest() if listed else None


def delete(*uris: str) -> None:
    """Delete files and folders. Missing ones are ignored."""
    for uri in uris:
        filesystem, path = filesystem_of(uri)
        kind = filesystem.get_file_info(path).type
        if kind == pafs.FileType.Directory:
            filesystem.delete_dir(path)
        elif kind != pafs.FileType.NotFound:
            filesystem.delete_file(path)


def delete_empty(uri: str) -> None:
    """Delete a folder that has no files below it."""
    filesystem, path = filesystem_of(uri)
    found = filesystem.get_file_info(pafs.FileSelector(path, recursive=True, allow_not_found=True))
    if all(info.type == pafs.FileType.Directory for info in found):
        delete(uri)


def move(source: str, target: str) -> None:
    """Rename a file within one filesystem, and make the folder of the target."""
    filesystem, path = filesystem_of(target)
    filesystem.create_dir(posixpath.dirname(path), recursive=True)
    filesystem.move(filesystem_of(source)[1], path)


def list_paths(folder: str) -> list[str]:
    """All files below a folder as sorted paths relative to it. A missing folder has none."""
    filesystem, path = filesystem_of(folder)
    found = filesystem.get_file_info(pafs.FileSelector(path, recursive=True, allow_not_found=True))
    return sorted(posixpath.relpath(info.path, path) for info in found if info.type == pafs.FileType.File)


def write_bytes(uri: str, data: bytes) -> None:
    """Write a file under a temporary name and rename it, so that no reader sees half of it."""
    filesystem, path = filesystem_of(uri)
    folder = posixpath.dirname(path)
    filesystem.create_dir(folder, recursive=True)
    partial = posixpath.join(folder, f".{uuid.uuid4().hex[:12]}.partial")  # a name that no other file has
    try:
        with filesystem.open_output_stream(partial) as stream:
            stream.write(data)
    except OSError:  # above all on a full disk, where half a file is in the way
        with suppress(OSError):
            filesystem.delete_file(partial)
        raise
    filesystem.move(partial, path)


def read_bytes(uri: str) -> bytes:
    filesystem, path = filesystem_of(uri)
    with filesystem.open_input_stream(path) as stream:
        return bytes(stream.read())


def as_json(value: dict[str, Any]) -> bytes:
    """An object as an indented JSON file."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def file_bytes(uri: str) -> int:
    """The size of a file."""
    filesystem, path = filesystem_of(uri)
    return int(filesystem.get_file_info(path).size or 0)


def write_json(uri: str, value: dict[str, Any]) -> None:
    write_bytes(uri, as_json(value))


def read_json(uri: str) -> dict[str, Any]:
    """Read a JSON object. Raises InputError if the file is missing or anything else."""
    require(uri, "file")
    try:
        value = json.loads(read_bytes(uri))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{uri} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{uri}: expected a JSON object, received {type(value).__name__}")
    return value
