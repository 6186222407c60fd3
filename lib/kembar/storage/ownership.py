"""Checks where a job may write, so that it changes and deletes no files of others.

A job writes into a folder that is missing, empty, or holds a result of the same job. It replaces only files that the
manifest or the journal there names. Files of others beside such a result stay. If one lies where the job writes, or in
a table, where readers would take it for a part, the job stops with an error that names the file.
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
        inputs: The inputs of the job by the names of their options, None for an option that was not given.

    Raises:
        InputError: An input would be harmed, or the folder holds files that the job did not write.
        RunError: Another run is writing into the folder.
    """
    for option, location in inputs.items():
        if location and (harm := _harm(uri, job, option, location)):
            raise InputError(f"the output {uri} {harm}: name another folder for the output")
    check_contents(uri, job)


_RESULTS = {"encoded": "encode", "matched": "match", "previous": "match", "bundle": "train"}


def _harm(output: str, job: str, option: str, location: str) -> str | None:
    """How a job that writes to `output` would harm an input, or None."""
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
    """The names that a job wrote into an input folder. Inputs that no job wrote have none."""
    return OUTPUTS[_RESULTS[option]].names if option in _RESULTS else set()


def check_output_file(uri: str, what: str, is_earlier: Callable[[bytes], bool], **inputs: str | None) -> None:
    """Check that a job may write a single file.

    Args:
        uri: The file.
        what: The content of the file, for the message.
        is_earlier: Tells from the bytes of a file whether it is an earlier result, which may be replaced.
        inputs: The inputs of the job by the names of their options, None for an option that was not given.

    Raises:
        InputError: The output is a folder, an input, or among the files of one, or it holds something else.
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
