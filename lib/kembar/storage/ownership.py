"""Which files of a folder kembar wrote, and where a job may write: no file of anybody else's is changed or deleted.

A job writes into a folder that is missing, empty, or holds the manifest of the same job. What it replaces is what that
manifest names, and what the journal of an unfinished run names. Files of others that lie beside such a result stay as
they are; one that lies where the job has to write, or inside a table, where readers would take it for a part, is an
error that names it.
"""

from collections.abc import Callable

import pyarrow.fs as pafs

from kembar.errors import InputError
from kembar.storage.files import MANIFEST, exists, read_bytes
from kembar.storage.folder_contents import OUTPUTS, check_contents
from kembar.storage.paths import filesystem_of, join_uri, within


def check_output(uri: str, job: str, **inputs: str | None) -> None:
    """Check that a job may write into a folder, before anything is read or written.

    Args:
        uri: The output folder.
        job: The job that is to write there, a key of `OUTPUTS`.
        inputs: What the job reads, by the name of its option; None for an option that was not given.

    Raises:
        InputError: an input would be harmed, or the folder holds what the job did not write.
        RunError: another run is writing into the folder.
    """
    for option, location in inputs.items():
        if location and (harm := _harm(uri, job, option, location)):
            raise InputError(f"the output {uri} {harm}: name another folder for the output")
    check_contents(uri, job)


_RESULTS = {"encoded": "encode", "matched": "match", "previous": "match", "bundle": "train"}


def _harm(output: str, job: str, option: str, location: str) -> str | None:
    """In which way a job that writes to `output` could harm one of its inputs."""
    named = f"--{option} {location}"
    if (inner := within(location, output)) is not None:
        if not inner:
            return None if (job, option) == ("match", "previous") else f"is --{option} itself"
        first = inner.split("/")[0]
        if first in OUTPUTS[job].names or not exists(join_uri(output, MANIFEST)):
            return f"holds {named}"
    inner = within(output, location)
    if inner and option == "listings":
        return f"lies in {named}, where its files would be taken for listings"
    if inner and inner.split("/")[0] in _written_to(option):
        return f"lies in a table of {named}"
    return None


def _written_to(option: str) -> set[str]:
    """The names in an input folder that the job which wrote it writes to; none for what no job wrote."""
    return OUTPUTS[_RESULTS[option]].names if option in _RESULTS else set()


def check_output_file(uri: str, what: str, is_earlier: Callable[[bytes], bool], **inputs: str | None) -> None:
    """Check that a job may write a single file.

    Args:
        uri: The file.
        what: What the job writes there, for the message.
        is_earlier: Tells from a file's bytes whether it is such a result, which may be replaced.
        inputs: What the job reads, by the name of its option; None for an option that was not given.

    Raises:
        InputError: The file is a folder, one of the inputs, would lie among the files of one, or holds something else.
    """
    filesystem, path = filesystem_of(uri)
    if filesystem.get_file_info(path).type == pafs.FileType.Directory:
        raise InputError(f"the output {uri} is a folder: expected the name of a file")
    for option, location in inputs.items():
        if not location:
            continue
        inner = within(uri, location)
        if inner == "":
            raise InputError(f"the output {uri} is --{option} itself: name another file")
        if inner and (option == "listings" or inner.split("/")[0] in _written_to(option)):
            raise InputError(f"the output {uri} is among the files of --{option} {location}: name another place")
    if exists(uri) and not is_earlier(read_bytes(uri)):
        raise InputError(f"the output {uri} is there already and does not hold {what}: name another file")
