"""The data files of a report: JavaScript that passes JSON to the page, since a page opened from disk may not fetch."""

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kembar.report.doubt import LACKS_FROM, TWO_BELOW, Cohesion, doubt_of, risk_of
from kembar.report.groups import LONE, Groups
from kembar.report.pairs import Border, Pairs
from kembar.report.shown import Shown
from kembar.report.thumbnails import Photos
from kembar.storage.files import join_uri, write_bytes
from kembar.types import Rows

GROUPS_A_FILE, TITLES_A_FILE = 64, 1000
FOLDER = "data"


@dataclass(frozen=True)
class ReportData:
    """The data of the pages; groups are in the order of the pages, most doubtful first.

    Attributes:
        groups: The groups.
        shown: Titles, photos, hashes and labels of all listings.
        inner: The pairs within groups, in order of group.
        border: The nearest neighbours of each group.
        pairs: The pairs that `border` refers to.
        cohesion: The cohesion of each group.
        nearest: `[g]`, the linkage of each group to its nearest neighbour.
    """

    groups: Groups
    shown: Shown
    inner: Pairs
    border: Border
    pairs: Pairs
    cohesion: Cohesion
    nearest: NDArray[np.float64]

    @property
    def doubt(self) -> NDArray[np.float64]:
        """The doubt of each group `[g]`, in descending order."""
        return doubt_of(self.cohesion.bond, self.nearest)

    @property
    def photos(self) -> list[str]:
        """The names of the photos that the pages show, each once."""
        rows = np.unique(np.concatenate([self.groups.member, self.border.outside]))
        return sorted(set(self.shown.image.take(pa.array(rows)).drop_null().to_pylist()))

    @property
    def run(self) -> str:
        """A name for this partition of these listings, under which a browser stores decisions.

        If the report is built again, it finds them. Another run's report does not.
        """
        digest = hashlib.sha256()
        for column in (self.groups.posting_ids, self.groups.ids):
            digest.update("\n".join(column.to_pylist()).encode())
        digest.update(self.groups.of.tobytes())
        return digest.hexdigest()[:16]


def write_data(output: str, told: ReportData, photos: Photos) -> None:
    """Write data/index.js, data/groups-N.js and data/titles-N.js."""
    write_script(output, "index", index_of(told) | {"photos": photos.folder})
    for number, part in enumerate(list_groups(told, photos.thumbs)):
        write_script(output, f"groups-{number}", part)
    for number, texts in enumerate(list_titles(told)):
        write_script(output, f"titles-{number}", texts)


def write_script(output: str, name: str, value: Any) -> None:
    """One data file: a call that hands over a value by its name."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    script = f"kembar.receive({json.dumps(name)},{text});\n"
    write_bytes(join_uri(output, FOLDER, f"{name}.js"), script.encode())


def index_of(told: ReportData) -> dict[str, Any]:
    """The properties that the gallery filters and sorts by: a list for each property with one entry for each group."""
    groups, held = told.groups, told.cohesion
    return {
        "run": told.run,
        "groups_a_file": GROUPS_A_FILE,
        "titles_a_file": TITLES_A_FILE,
        "sources": list(told.pairs.sources),
        "two_below": TWO_BELOW,
        "lacks_from": LACKS_FROM,
        "size": groups.sizes.tolist(),
        "mean": _short(held.mean),
        "bond": _short(held.bond),
        "border": _short(told.nearest),
        "doubt": _short(told.doubt),
        "risk": _short(risk_of(held.bond, held.seam, groups.sizes)),
        "products": count_products(groups, told.shown.label).tolist(),
    }


def count_products(groups: Groups, label: pa.Array) -> Rows:
    """How many products each group has by the labels `[g]`; 0 where none of its listings has one."""
    codes = np.asarray(label.dictionary_encode().indices.fill_null(-1), dtype=np.int64)
    group = np.repeat(np.arange(len(groups)), groups.sizes)
    pairs = np.unique(np.stack([group, codes[groups.member]])[:, codes[groups.member] >= 0], axis=1)
    return np.bincount(pairs[0], minlength=len(groups))


def list_titles(told: ReportData) -> Iterator[list[str]]:
    """Yield the text to search, TITLES_A_FILE groups at a time: a line for each listing with its id and title."""
    ids, titles = told.groups.posting_ids.to_pylist(), told.shown.title.to_pylist()
    for start in range(0, len(told.groups), TITLES_A_FILE):
        numbers = range(start, min(start + TITLES_A_FILE, len(told.groups)))
        yield ["\n".join(searchable(f"{ids[i]} {titles[i] or ''}") for i in told.groups.members(k)) for k in numbers]


def searchable(text: str) -> str:
    """Normalise a line of text for search: without case, width and line breaks.

    >>> searchable("ＢＥＳＴ  Kaos\\nAnak")
    'best kaos anak'
    """
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def list_groups(told: ReportData, thumbs: dict[str, str]) -> Iterator[list[dict[str, Any]]]:
    """Yield the groups with their listings and pairs, GROUPS_A_FILE at a time.

    A listing is `[posting_id, title, thumbnail, phash, label, photo]`. A pair is `[l, r, blocks, *FIGURES]`, in which l
    and r are positions in the group. In a border pair r is a position in `outside`. Listings there also have the number
    of their group (-1 for a singleton), its size and the linkage to it.
    """
    cards = _Cards(told, thumbs)
    for start in range(0, len(told.groups), GROUPS_A_FILE):
        yield [cards.group(k) for k in range(start, min(start + GROUPS_A_FILE, len(told.groups)))]


class _Cards:
    """Groups in the format of the pages. Columns become lists once, since reading single values from Arrow is slow."""

    def __init__(self, told: ReportData, thumbs: dict[str, str]) -> None:
        self._told, self._thumbs, groups = told, thumbs, told.groups
        shown = told.shown
        columns = (groups.posting_ids, shown.title, shown.phash, shown.label, shown.image)
        self._id, self._title, self._phash, self._label, self._image = (column.to_pylist() for column in columns)
        self._ids = groups.ids.to_pylist()
        self._place = np.empty(len(groups.of), np.int64)
        self._place[told.cohesion.member] = np.arange(len(groups.member)) - np.repeat(groups.start[:-1], groups.sizes)
        self._edge = told.pairs.take(told.border.pair)
        self._figures = told.inner.figures, self._edge.figures
        numbers = np.arange(len(groups) + 1)
        self._inner = np.searchsorted(groups.of[told.inner.left], numbers)
        self._border = np.searchsorted(told.border.group, numbers)

    def group(self, number: int) -> dict[str, Any]:
        told, groups = self._told, self._told.groups
        mine, part, edge = (slice(*at[number : number + 2]) for at in (groups.start, self._inner, self._border))
        inner, border = told.inner, told.border
        left, right = self._place[inner.left[part]], self._place[inner.right[part]]
        outside = list(zip(border.outside[edge].tolist(), border.linkage[edge].tolist(), strict=True))
        inside, there = self._place[border.inside[edge]], np.arange(len(outside))
        low, high = np.minimum(left, right), np.maximum(left, right)
        return {
            "id": self._ids[number],
            "seam": int(told.cohesion.seam[number]),
            "listings": [self._listing(i) for i in told.cohesion.member[mine].tolist()],
            "pairs": _rows(low, high, inner.blocks[part], self._figures[0][part]),
            "outside": [[*self._listing(i), *self._group_of(i), round(linkage, 4)] for i, linkage in outside],
            "border": _rows(inside, there, self._edge.blocks[edge], self._figures[1][edge]),
        }

    def _listing(self, row: int) -> list[str | None]:
        image = self._image[row]
        thumb = self._thumbs.get(image) if image else None
        return [self._id[row], self._title[row], thumb, self._phash[row], self._label[row], image if thumb else None]

    def _group_of(self, row: int) -> tuple[int, int]:
        group = int(self._told.groups.of[row])
        return (LONE, 1) if group == LONE else (group, int(self._told.groups.sizes[group]))


def _rows(left: Rows, right: Rows, blocks: Rows, figures: NDArray) -> list[list[Any]]:
    both = zip(np.stack([left, right, blocks], axis=1).tolist(), _short(figures), strict=True)
    return [[*row, *(None if x != x else x for x in values)] for row, values in both]


def _short(values: NDArray) -> list[Any]:
    """Round to four decimals, which is enough for a page."""
    return np.asarray(values, np.float64).round(4).tolist()
