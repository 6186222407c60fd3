"""Codes for load on disk: an encoded catalogue as jobs/encode.py leaves it, and the truth beside it.

OUTPUT/encoded/listings/, quarantine/, manifest.json    for jobs/match.py --encoded OUTPUT/encoded
OUTPUT/listings.parquet                                 for jobs/evaluate.py --listings OUTPUT/listings.parquet
"""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import track

from kembar.encoding.assembly import ENCODED_ARROW
from kembar.model.bundle_files import load_bundle
from kembar.storage.files import MANIFEST, write_json
from kembar.synthetic.catalogue import new_folder
from load.page import LISTINGS_SCHEMA, QUARANTINE_SCHEMA, PageMaker
from load.plan import LoadPlan

_LISTINGS_PER_FILE, _FEWEST_FILES = 125_000, 8


def _deal(table: pa.Table, writers: list[pq.ParquetWriter]) -> None:
    """Deal a table's rows to the files by turn, as a shuffle scatters them: each file has listings of all pages."""
    turn = np.arange(len(table)) % len(writers)
    for number, writer in enumerate(writers):
        writer.write_table(table.filter(pa.array(turn == number)))


def write_codes(output: Path | str, plan: LoadPlan, quiet: bool = True) -> dict[str, int]:
    """Write a plan's catalogue into a new folder, page by page; what was written, by table.

    Takes about 1.6 KB of disk a listing, and memory for a page and the niches' centres: some 300 MB and 200
    bytes a listing.

    Raises:
        ConfigError: the folder is there and not empty.
    """
    with new_folder(output) as folder:
        return _write_pages(folder, plan, quiet)


def _write_pages(folder: Path, plan: LoadPlan, quiet: bool) -> dict[str, int]:
    encoded = folder / "encoded"
    for name in ("listings", "quarantine"):
        (encoded / name).mkdir(parents=True)
    maker, counts = PageMaker(plan, load_bundle(None)), {"listings": 0, "quarantine": 0}
    files = max(_FEWEST_FILES, plan.listings // _LISTINGS_PER_FILE)
    with ExitStack() as stack:

        def writer(path: Path, schema: pa.Schema, words: list[str]) -> pq.ParquetWriter:
            return stack.enter_context(pq.ParquetWriter(path, schema, compression="snappy", use_dictionary=words))

        parts = [
            writer(encoded / "listings" / f"part-{number:05}.snappy.parquet", ENCODED_ARROW, ["encoder"])
            for number in range(files)
        ]
        blind = writer(encoded / "quarantine" / "part-00000.snappy.parquet", QUARANTINE_SCHEMA, ["reason"])
        truth = writer(folder / "listings.parquet", LISTINGS_SCHEMA, [])
        for page in track(plan.pages(), "writing", len(plan.sizes), console=Console(stderr=True), disable=quiet):
            tables = maker(page)
            _deal(tables.encoded, parts)
            blind.write_table(tables.quarantine)
            truth.write_table(tables.listings)
            counts = {
                "listings": counts["listings"] + len(tables.encoded),
                "quarantine": counts["quarantine"] + len(tables.quarantine),
            }
    for name in ("listings", "quarantine"):
        (encoded / name / "_SUCCESS").touch()
    counts = {"usable_rows": plan.listings, **counts}
    write_json(str(encoded / MANIFEST), {"encoder": maker.encoder, "counts": counts, "seconds": {}})
    return counts
