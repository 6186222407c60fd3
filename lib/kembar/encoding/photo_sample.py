"""Looks for a sample of the photos that a catalogue names, before Spark starts."""

from collections.abc import Iterator
from itertools import chain, islice

from kembar.config import EncodeSettings
from kembar.encoding.find_photo_folder import find_photo_folder, sample_names
from kembar.encoding.photo_names import can_be_shortened
from kembar.listings.catalogue_files import CatalogueFiles, row_shape
from kembar.listings.parquet_files import deal_pieces, read_pieces
from kembar.storage.csv_files import csv_records

_IMAGE = "image"
_MOST_ROWS = 20_000


def describe_photos(files: CatalogueFiles, images: str, settings: EncodeSettings) -> list[str]:
    """Describe how many photos of a sample were found, and where. Raises InputError as `find_photo_folder`."""
    names = list(islice((name for name in _names_in(files) if name), _MOST_ROWS))
    sample = sample_names(names)
    folder, note = find_photo_folder(images, sample, can_be_shortened(names), settings)
    there = len(folder.locate(sample))
    without = f": {folder.folder} holds no photo" if folder.bare and sample else ""
    if not sample:
        return ["no listing names a photo"]
    return [f"photos: {there} of {len(sample)} looked for are there{without}", *([note] if note else [])]


def _names_in(files: CatalogueFiles) -> Iterator[str | None]:
    """The column `image`, trimmed."""
    for table in files.csv:
        place = table.file.header.index(_IMAGE) if _IMAGE in table.file.header else None
        for record in csv_records(table.file, row_shape):
            if place is None or record.fault:
                yield table.fixed.get(_IMAGE)
            else:
                yield record.fields[place].strip()
    for piece in chain.from_iterable(deal_pieces(files.parquet)):
        for columns in read_pieces(files.parquet, [piece]):
            yield from (name and name.strip() for name in columns[_IMAGE].to_pylist())
