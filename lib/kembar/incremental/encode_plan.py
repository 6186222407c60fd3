"""The plan of an encode run: the listings for which no existing part has codes of their content by this encoder.

Parts come from the last run and from an interrupted run. They are never changed. A part of which every row is still
needed stays as it is. A part of which some rows are needed is written again without the others.
"""

import posixpath
import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from kembar.encoding.assembly import ENCODED_ARROW
from kembar.index.row_lookup import contents_equal, index_in
from kembar.storage.files import join_uri
from kembar.storage.table_parts import NewTable
from kembar.storage.tables import read_part, write_arrow

_FEW_ROWS, _MANY_SMALL, _ROWS_OF_A_PART = 250, 32, 10_000
"""More than _MANY_SMALL parts of fewer than _FEW_ROWS rows are merged, or hourly runs would leave thousands."""


@dataclass(frozen=True)
class Changes:
    """Counts of a catalogue's listings since the last run.

    Attributes:
        unchanged: Listings whose codes are reused.
        new: Listings that the last run did not have.
        changed: Listings whose content changed.
        outdated: Listings with codes of another encoder.
        removed: Listings of the last run that are gone.
    """

    unchanged: int
    new: int
    changed: int
    outdated: int
    removed: int

    @property
    def to_encode(self) -> int:
        return self.new + self.changed + self.outdated

    def __str__(self) -> str:
        """The counts that are not zero.

        >>> str(Changes(unchanged=8, new=1, changed=0, outdated=0, removed=2))
        '8 unchanged, 1 new, 2 removed'
        """
        return ", ".join(f"{count:,} {name}" for name, count in vars(self).items() if count) or "nothing"


def describe_work(changes: Changes, before: dict[str, Any], encoder: str) -> str:
    """Describe the listings to encode and the time that takes, from the manifest of the last run.

    >>> before = {"encoder": "a", "counts": {"encoded": 100}, "seconds": {"encode": 50.0}}
    >>> print(describe_work(Changes(90, 10, 0, 0, 0), before, "a"))
    90 unchanged, 10 new: 10 listings to encode, about 5 s at the last run's rate
    >>> print(describe_work(Changes(0, 0, 0, 99, 0), before, "b"))  # doctest: +ELLIPSIS
    the encoder changed from a to b, so no codes can be reused; 99 outdated: 99 listings to encode, about 50 s ...
    """
    told = f"{changes}: {changes.to_encode:,} listings to encode"
    count, seconds = before.get("counts", {}).get("encoded"), before.get("seconds", {}).get("encode")
    if count and seconds:
        told += f", about {seconds / count * changes.to_encode:,.0f} s at the last run's rate"
    if before.get("encoder", encoder) != encoder:
        return f"the encoder changed from {before['encoder']} to {encoder}, so no codes can be reused; {told}"
    return told


@dataclass(frozen=True)
class Increment:
    """The work of an encode run.

    Attributes:
        fresh: LISTINGS with `content` to encode.
        kept: URIs of parts of which every row is needed.
        rest: The needed rows of parts of which only some are, by URI.
        changes: The counts.
    """

    fresh: DataFrame
    kept: list[str]
    rest: dict[str, NDArray[np.bool_]]
    changes: Changes

    def table(self, published: str, made: list[str], rest: str) -> NewTable:
        """The parts of ENCODED after this run.

        Args:
            published: The folder of the kept parts.
            made: The parts that this run encoded.
            rest: A folder for the needed rows of other parts.
        """
        at_home = {part for part in self.kept if posixpath.dirname(part) == published}
        staged = [*(part for part in self.kept if part not in at_home), *made, *self._write_rest(rest)]
        if not (at_home or staged):
            write_arrow(ENCODED_ARROW.empty_table(), empty := join_uri(rest, "part-empty.parquet"))
            staged.append(empty)
        return NewTable(staged, sorted(map(posixpath.basename, at_home)))

    def _write_rest(self, folder: str) -> list[str]:
        """Write the needed rows of parts, several small parts into one, and return the URIs."""
        written: list[str] = []
        held: list[pa.Table] = []
        for number, (part, wanted) in enumerate(self.rest.items(), 1):
            held.append(read_part(part, ENCODED_ARROW.names).filter(pa.array(wanted)).cast(ENCODED_ARROW))
            if sum(map(len, held)) >= _ROWS_OF_A_PART or number == len(self.rest):
                written.append(join_uri(folder, f"part-{len(written):05}-{uuid.uuid4().hex[:12]}.parquet"))
                write_arrow(pa.concat_tables(held), written[-1])
                held = []
        return written


def plan_increment(listings: DataFrame, parts: list[str], encoder: str) -> Increment:
    """Compare LISTINGS with `content`, which should be persisted, with the rows of `parts`.

    Ids and contents come to the driver, as groups do later.

    1. For each listing choose the row with its content by this encoder; if several parts have it, the first counts.
    2. Listings without such a row must be encoded.
    3. Keep, rewrite or drop each part, depending on how many of its rows were chosen.
    """
    wanted = listings.select("posting_id", "content").toArrow()
    tables = {part: read_part(part, ["posting_id", "content", "encoder"]) for part in parts}
    held = pa.concat_tables([_HELD.empty_table(), *(table.cast(_HELD) for table in tables.values())])
    place = index_in(held["posting_id"], wanted["posting_id"])
    same = contents_equal(held, wanted, place)
    ours = np.asarray(pc.equal(held["encoder"], encoder).combine_chunks()).astype(bool)
    chosen = np.zeros(len(held), bool)
    usable = np.flatnonzero(same & ours)
    chosen[usable[np.unique(place[usable], return_index=True)[1]]] = True
    done = np.zeros(len(wanted), bool)
    done[place[chosen]] = True
    sizes = np.cumsum([0, *map(len, tables.values())])
    rows = {part: chosen[start:end] for part, start, end in zip(parts, sizes, sizes[1:], strict=False)}
    kept, again = _sort_out(rows)
    fresh = _only(listings, wanted["posting_id"].filter(pa.array(~done)), whole=not done.any())
    changes = _count(held["posting_id"], place, same, done)
    return Increment(fresh, kept, {part: rows[part] for part in again}, changes)


_HELD = pa.schema([(name, pa.string()) for name in ("posting_id", "content", "encoder")])


def _only(listings: DataFrame, ids: pa.ChunkedArray, whole: bool) -> DataFrame:
    if whole:
        return listings
    return listings.join(
        F.broadcast(listings.sparkSession.createDataFrame(pa.table({"posting_id": ids}))), "posting_id"
    )


def _sort_out(rows: dict[str, NDArray[np.bool_]]) -> tuple[list[str], list[str]]:
    """The parts to keep and those to rewrite, by which of their rows are needed."""
    whole = [part for part, wanted in rows.items() if len(wanted) and wanted.all()]
    small = [part for part in whole if len(rows[part]) < _FEW_ROWS]
    together = set(small) if len(small) > _MANY_SMALL else set()
    again = [part for part, wanted in rows.items() if part in together or (wanted.any() and not wanted.all())]
    return [part for part in whole if part not in together], again


def _count(
    held: pa.ChunkedArray, place: NDArray[np.int64], same: NDArray[np.bool_], done: NDArray[np.bool_]
) -> Changes:
    """Count the changes.

    Args:
        held: Ids of the encoded rows.
        place: For each the row of its listing in the catalogue, −1 for none.
        same: For each whether it has that listing's content.
        done: `[catalogue]`, listings whose code can be reused.
    """
    known, outdated = np.zeros((2, len(done)), bool)
    known[place[place >= 0]] = True
    outdated[place[same]] = True
    fresh = ~done
    return Changes(
        unchanged=int(done.sum()),
        new=int((fresh & ~known).sum()),
        changed=int((fresh & known & ~outdated).sum()),
        outdated=int((fresh & outdated).sum()),
        removed=pc.count_distinct(held.filter(pa.array(place < 0))).as_py(),
    )
