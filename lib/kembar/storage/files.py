"""Files and tables by URI: local disk, HDFS, S3 and whatever else Spark and Arrow read."""

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
    """Raises InputError naming `what` where nothing is at `uri`."""
    if not exists(uri):
        raise InputError(f"{what} not found: {uri}")


def describe_input(uri: str) -> dict[str, Any]:
    """What an input file or folder is, in a manifest: its URI, bytes, and time of last change."""
    filesystem, path = filesystem_of(uri)
    info = filesystem.get_file_info(path)
    changed = info.mtime.isoformat(timespec="seconds") if info.mtime else None
    known = {"uri": uri, "bytes": info.size, "changed": changed}
    return known | ({"codes": codes} if (codes := codes_of(uri)) else {})


def codes_of(encoded: str) -> str | None:
    """A fingerprint of which encoded listings a folder holds; None where no manifest says."""
    manifest = join_uri(encoded, MANIFEST)
    listed = read_json(manifest).get("tables", {}).get("listings") if exists(manifest) else None
    return hashlib.blake2b(json.dumps(listed, sort_keys=True).encode(), digest_size=8).hexdigest() if listed else None


def delete(*uris: str) -> None:
    """Remove files and folders, where they are there."""
    for uri in uris:
        filesystem, path = filesystem_of(uri)
        kind = filesystem.get_file_info(path).type
        if kind == pafs.FileType.Directory:
            filesystem.delete_dir(path)
        elif kind != pafs.FileType.NotFound:
            filesystem.delete_file(path)


def delete_empty(uri: str) -> None:
    """Remove a folder in which there is nothing but folders."""
    filesystem, path = filesystem_of(uri)
    found = filesystem.get_file_info(pafs.FileSelector(path, recursive=True, allow_not_found=True))
    if all(info.type == pafs.FileType.Directory for info in found):
        delete(uri)


def move(source: str, target: str) -> None:
    """Rename a file within one filesystem, making the target's folder."""
    filesystem, path = filesystem_of(target)
    filesystem.create_dir(posixpath.dirname(path), recursive=True)
    filesystem.move(filesystem_of(source)[1], path)


def list_paths(folder: str) -> list[str]:
    """All files below a folder as paths relative to it, in order; none where there is no folder."""
    filesystem, path = filesystem_of(folder)
    found = filesystem.get_file_info(pafs.FileSelector(path, recursive=True, allow_not_found=True))
    return sorted(posixpath.relpath(info.path, path) for info in found if info.type == pafs.FileType.File)


def write_bytes(uri: str, data: bytes) -> None:
    """Write a whole file under a temporary name, then rename it, so that no reader sees half of it."""
    filesystem, path = filesystem_of(uri)
    folder = posixpath.dirname(path)
    filesystem.create_dir(folder, recursive=True)
    partial = posixpath.join(folder, f".{uuid.uuid4().hex[:12]}.partial")  # a name that no file of anybody has
    try:
        with filesystem.open_output_stream(partial) as stream:
            stream.write(data)
    except OSError:  # a full disk most of all: what there is of it is in the way
        with suppress(OSError):
            filesystem.delete_file(partial)
        raise
    filesystem.move(partial, path)


def read_bytes(uri: str) -> bytes:
    filesystem, path = filesystem_of(uri)
    with filesystem.open_input_stream(path) as stream:
        return bytes(stream.read())


def as_json(value: dict[str, Any]) -> bytes:
    """A JSON file for people to read."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def file_bytes(uri: str) -> int:
    """How large a file is."""
    filesystem, path = filesystem_of(uri)
    return int(filesystem.get_file_info(path).size or 0)


def write_json(uri: str, value: dict[str, Any]) -> None:
    write_bytes(uri, as_json(value))


def read_json(uri: str) -> dict[str, Any]:
    """Raises InputError where the file is missing or no JSON object."""
    require(uri, "file")
    try:
        value = json.loads(read_bytes(uri))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{uri} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{uri}: expected a JSON object, received {type(value).__name__}")
    return value
