"""What a catalogue needs encoded: the listings whose content no part that is there holds by this encoder.

Parts are those of the last run and those that an interrupted run got done. They are never changed: one of which every
row is still wanted stays as it is, one of which some are is written anew without the others.
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
"""More than so many parts of fewer than so many rows are put together, or hourly runs would leave thousands."""


@dataclass(frozen=True)
class Changes:
    """How many listings of a catalogue are as they were, new, changed, to be done again because another encoder made
    them, and how many of the last run's are gone."""

    unchanged: int
    new: int
    changed: int
    outdated: int
    removed: int

    @property
    def to_encode(self) -> int:
        return self.new + self.changed + self.outdated

    def __str__(self) -> str:
        """Of the counts those that are not nought.

        >>> str(Changes(unchanged=8, new=1, changed=0, outdated=0, removed=2))
        '8 unchanged, 1 new, 2 removed'
        """
        return ", ".join(f"{count:,} {name}" for name, count in vars(self).items() if count) or "nothing"


def describe_work(changes: Changes, before: dict[str, Any], encoder: str) -> str:
    """What is to be encoded and about how long that takes, from the manifest of the run before.

    >>> before = {"encoder": "a", "counts": {"encoded": 100}, "seconds": {"encode": 50.0}}
    >>> print(describe_work(Changes(90, 10, 0, 0, 0), before, "a"))
    90 unchanged, 10 new: 10 listings to encode, about 5 s at the last run's rate
    >>> print(describe_work(Changes(0, 0, 0, 99, 0), before, "b"))  # doctest: +ELLIPSIS
    the encoder is b and was a, so that no code can be kept; 99 outdated: 99 listings to encode, about 50 s ...
    """
    told = f"{changes}: {changes.to_encode:,} listings to encode"
    count, seconds = before.get("counts", {}).get("encoded"), before.get("seconds", {}).get("encode")
    if count and seconds:
        told += f", about {seconds / count * changes.to_encode:,.0f} s at the last run's rate"
    if before.get("encoder", encoder) != encoder:
        return f"the encoder is {encoder} and was {before['encoder']}, so that no code can be kept; {told}"
    return told


@dataclass(frozen=True)
class Increment:
    """fresh: LISTINGS with `content` that must be encoded; kept: URIs of parts of which every row is wanted; rest: of
    the other parts of which some are, which rows."""

    fresh: DataFrame
    kept: list[str]
    rest: dict[str, NDArray[np.bool_]]
    changes: Changes

    def table(self, published: str, made: list[str], rest: str) -> NewTable:
        """The parts of ENCODED afterwards: kept ones of the folder `published`, and new ones.

        made: the parts that this run encoded; rest: a folder, where the other parts' wanted rows are written.
        """
        at_home = {part for part in self.kept if posixpath.dirname(part) == published}
        staged = [*(part for part in self.kept if part not in at_home), *made, *self._write_rest(rest)]
        if not (at_home or staged):
            write_arrow(ENCODED_ARROW.empty_table(), empty := join_uri(rest, "part-empty.parquet"))
            staged.append(empty)
        return NewTable(staged, sorted(map(posixpath.basename, at_home)))

    def _write_rest(self, folder: str) -> list[str]:
        """Write wanted rows of parts, several small ones into one; the URIs."""
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
    """Compare LISTINGS with `content`, which should be persisted, with what `parts` hold. Ids and contents come to the
    driver, as groups do later.

    1. Of each listing the row that has its content by this encoder, from the first part where two have it.
    2. Listings without one are to be encoded.
    3. Each part is kept, written anew, or dropped, by how many of its rows were chosen.
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
    """The parts to keep and those to write anew, by which of their rows are wanted."""
    whole = [part for part, wanted in rows.items() if len(wanted) and wanted.all()]
    small = [part for part in whole if len(rows[part]) < _FEW_ROWS]
    together = set(small) if len(small) > _MANY_SMALL else set()
    again = [part for part, wanted in rows.items() if part in together or (wanted.any() and not wanted.all())]
    return [part for part in whole if part not in together], again


def _count(
    held: pa.ChunkedArray, place: NDArray[np.int64], same: NDArray[np.bool_], done: NDArray[np.bool_]
) -> Changes:
    """held: ids of what was encoded; place: which listing of the catalogue each is, −1 for none; same: whether its
    content is that listing's; done: `[catalogue]`, whose code can be used again."""
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
