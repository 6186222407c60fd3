"""The lock of an output folder: one run at a time, and nothing held by a run that was killed.

On a disk the lock file is created atomically and then locked by the operating system, whose lock ends with its
process: a file that a killed run left behind is taken over. On a store of objects the file is written by a
conditional put, which succeeds for one writer only; there a killed run's file stays until somebody deletes it.
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
    """Hold a folder, which is created where it is missing, against other runs.

    Raises:
        RunError: another run holds it.
        InputError: nothing can be written there.
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
    """Whether these are the bytes of a lock file that kembar wrote; earlier versions left an empty one."""
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
        for each in created:  # by a run that wrote nothing
            with suppress(OSError):
                each.rmdir()


def _make_folder(place: Path) -> list[Path]:
    """Make a folder; which folders that took, the innermost first."""
    missing = [each for each in (place, *place.parents) if not each.exists()]
    place.mkdir(parents=True, exist_ok=True)
    return missing


def _acquire(path: Path, folder: str, who: bytes) -> int:
    """The open lock file. A file that was deleted between its opening and its locking is no lock: try again."""
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
                os.pwrite(descriptor, who, 0)  # over what a killed run left: at no moment is the file empty
                os.ftruncate(descriptor, len(who))
                return descriptor
        os.close(descriptor)


def _create_file(path: Path, who: bytes) -> None:
    """Create the lock file with its content, unless it is there: a link to a whole file appears at once."""
    whole = path.with_name(f".{uuid.uuid4().hex[:12]}.partial")
    try:
        whole.write_bytes(who)
        os.link(whole, path)
    except FileExistsError:
        pass
    except OSError:  # some file systems know no links; on one that cannot be written to this fails again
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    finally:
        whole.unlink(missing_ok=True)


def _open(path: Path, folder: str) -> int | None:
    """The lock file, if kembar wrote it; None where its run has just ended."""
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
    """Write a file of a store unless it is there; False where it is.

    Hadoop's file systems have no conditional put, but rename a file only where none of the new name is.
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
