"""The lock of an output folder, which lets one run write at a time.

On a disk the lock file is created atomically and then locked by the operating system. That lock ends with its process,
so the next run takes over the file of a killed run. In an object store a conditional put writes the file, which
succeeds for one writer only. There the file of a killed run stays until somebody deletes it.
"""

import fcntl
import json
import os
import platform
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kembar.errors import InputError, RunError
from kembar.storage.files import delete, exists, move, read_bytes, write_bytes
from kembar.storage.paths import canonical, filesystem_of, is_local, join_uri, scheme_of

LOCK = "_lock"
_STORES = ("s3", "gs", "abfs")


@contextmanager
def locked(folder: str, job: str) -> Iterator[None]:
    """Lock a folder against other runs. A missing folder is made.

    Raises:
        RunError: Another run holds the lock.
        InputError: The folder cannot be written to.
    """
    who = {
        "made_by": "kembar",
        "who": f"jobs/{job}.py on {platform.node()} since {datetime.now(UTC).isoformat(timespec='seconds')}",
        "run": uuid.uuid4().hex,
    }
    with _locked_on_disk(folder, who) if is_local(folder) else _locked_in_store(folder, who):
        yield


def refuse_held(folder: str) -> None:
    """Raise an error if a run holds the folder now, or, on a store of objects, if it has a lock file.

    Raises:
        RunError: a run holds it.
    """
    local = is_local(folder)
    if _is_locked(Path(filesystem_of(folder)[1]) / LOCK) if local else exists(join_uri(folder, LOCK)):
        raise RunError(_busy(folder))


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_lock(data: bytes) -> bool:
    """Whether these are the bytes of a lock file of kembar. Early versions left an empty one."""
    try:
        return not data or json.loads(data).get("made_by") == "kembar"
    except (ValueError, AttributeError):
        return False


@contextmanager
def _locked_on_disk(folder: str, who: dict[str, Any]) -> Iterator[None]:
    place = Path(filesystem_of(folder)[1])
    try:
        created = _make_folder(place)
        descriptor = _acquire(place / LOCK, folder, json.dumps(who).encode())
    except OSError as error:
        raise InputError(f"{folder} cannot be written to: {error.strerror}") from error
    try:
        yield
    finally:
        with suppress(OSError):
            (place / LOCK).unlink()
        os.close(descriptor)
        for each in created:  # empty if the run wrote nothing
            with suppress(OSError):
                each.rmdir()


def _make_folder(place: Path) -> list[Path]:
    """Make a folder with its parents. Returns the new ones, the innermost first."""
    missing = [each for each in (place, *place.parents) if not each.exists()]
    place.mkdir(parents=True, exist_ok=True)
    return missing


def _acquire(path: Path, folder: str, who: bytes) -> int:
    """Open and lock the lock file. If another run deletes the file in between, try again."""
    while True:
        _create_file(path, who)
        if (descriptor := _open(path, folder)) is None:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise RunError(_busy(folder)) from None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                os.pwrite(descriptor, who, 0)  # overwritten in place, so that the file is never empty
                os.ftruncate(descriptor, len(who))
                return descriptor
        os.close(descriptor)


def _create_file(path: Path, who: bytes) -> None:
    """Create the lock file with its content unless it exists. Linking a whole file is atomic."""
    whole = path.with_name(f".{uuid.uuid4().hex[:12]}.partial")
    try:
        whole.write_bytes(who)
        os.link(whole, path)
    except FileExistsError:
        pass
    except OSError:  # some file systems have no links; on a read-only one this fails again
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    finally:
        whole.unlink(missing_ok=True)


def _open(path: Path, folder: str) -> int | None:
    """Open the lock file of kembar. None if its run has just ended."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    if is_lock(os.read(descriptor, 4096)):
        return descriptor
    os.close(descriptor)
    raise InputError(f"{folder} holds {LOCK}, which kembar did not write: name another folder")


def _busy(folder: str) -> str:
    return f"another run is writing into {folder}: wait for it to end, or name another output"


@contextmanager
def _locked_in_store(folder: str, who: dict[str, Any]) -> Iterator[None]:
    marker, data = join_uri(folder, LOCK), json.dumps(who).encode()
    if not _create(marker, data):
        try:
            holder = json.loads(read_bytes(marker))["who"]
        except (OSError, ValueError, KeyError, TypeError):
            holder = "somebody"
        raise RunError(f"{marker} says that {holder} is writing there; if that run was killed, delete this file")
    try:
        yield
    finally:
        delete(marker)


def _create(marker: str, data: bytes) -> bool:
    """Write a file of a store. False if it exists.

    Hadoop's file systems have no conditional put, but they do not rename a file over another.
    """
    if scheme_of(canonical(marker)) in _STORES:
        return _put_if_absent(marker, data)
    if exists(marker):
        return False
    write_bytes(own := f"{marker}-{uuid.uuid4().hex[:12]}", data)
    try:
        move(own, marker)
    except OSError:
        delete(own)
        return False
    return read_bytes(marker) == data


def _put_if_absent(marker: str, data: bytes) -> bool:
    from obstore import put
    from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
    from obstore.store import from_url

    scheme, _, rest = canonical(marker).partition("://")
    bucket, _, key = rest.partition("/")
    try:
        put(from_url(f"{scheme}://{bucket}"), key, data, mode="create")
    except (AlreadyExistsError, PreconditionError):
        return False
    except BaseError as error:
        first = str(error).splitlines()[0][:300]
        raise InputError(
            f"{marker} cannot be written: {first}; the lock needs a store with conditional writes, and its "
            "credentials in the environment (AWS_*, GOOGLE_* or AZURE_* variables)"
        ) from error
    return True
