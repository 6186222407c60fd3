"""Names of photos from a listings file as it lies there, for a look at the images folder before Spark starts."""

from collections.abc import Iterator
from itertools import islice

import pyarrow.parquet as pq

from kembar.config import EncodeSettings
from kembar.images import find_folder, sample_names
from kembar.inputs import list_files, open_text
from kembar.paths import filesystem_of
from kembar.photo_names import can_be_shortened
from kembar.records import read_header, read_records

_IMAGE = "image"
_MOST_ROWS = 20_000


def describe_photos(listings: str, images: str, settings: EncodeSettings) -> list[str]:
    """Lines on how many of a sample of a catalogue's photos are there, and where they are.

    Raises:
        InputError: As `kembar.images.find_folder`.
    """
    names = list(islice((name for file in list_files(listings) for name in _names_in(file) if name), _MOST_ROWS))
    sample = sample_names(names)
    folder, note = find_folder(images, sample, can_be_shortened(names), settings)
    there = len(folder.locate(sample))
    without = f": {folder.folder} holds no photo" if folder.bare and sample else ""
    if not sample:
        return ["no listing names a photo"]
    return [f"photos: {there} of {len(sample)} looked for are there{without}", *([note] if note else [])]


def _names_in(uri: str) -> Iterator[str | None]:
    """The column `image` of a file; nothing where there is none."""
    if uri.lower().endswith(".parquet"):
        filesystem, path = filesystem_of(uri)
        with filesystem.open_input_file(path) as file:
            table = pq.ParquetFile(file)
            if _IMAGE in table.schema_arrow.names:
                for batch in table.iter_batches(columns=[_IMAGE]):
                    yield from (None if name is None else str(name).strip() for name in batch[0].to_pylist())
        return
    with open_text(uri) as text:
        header = [name.strip() for name in read_header(text)]
    if _IMAGE in header:
        with open_text(uri) as text:
            for record in read_records(text, len(header)):
                yield record.fields[header.index(_IMAGE)].strip() if not record.fault else None
