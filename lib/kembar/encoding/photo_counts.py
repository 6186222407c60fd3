"""Counts the photos of a catalogue that could not be used, by reason, from the written tables.

If most photos fail, the folder is probably the wrong one. Such a run ends before it publishes anything, and names the
most frequent reason, because a catalogue without its photos looks complete but is not.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from kembar.encoding.assembly import BLIND
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photos import LINK, NOT_FOUND, NOT_READ
from kembar.errors import InputError
from kembar.storage.paths import filesystem_of
from kembar.storage.text_files import shown

_PHOTO = "photo "
_SHOWN = 200
_REMEDIES = {
    NOT_FOUND: "set --images to the folder that has them, or correct the column image",
    NOT_READ: "check that the disk or object store works and allows reading, and run the job again",
    LINK: "set encode.follow_links=true if links in that folder can be trusted",
}
_OTHER_REMEDY = "check that the files are intact photos"


@dataclass(frozen=True)
class PhotoCounts:
    """Counts of a catalogue's photos.

    Attributes:
        named: The number of listings that name a photo.
        failed: The number of photos that could not be used, by reason, most frequent first.
        examples: One failure of each reason, as it was written.
    """

    named: int
    failed: dict[str, int]
    examples: dict[str, str]

    @staticmethod
    def of(named: int, failures: Iterable[str]) -> "PhotoCounts":
        """Count photos. Failures of titles are ignored."""
        ours = Counter(failure for failure in failures if failure.startswith(_PHOTO))
        counts, examples = Counter[str](), dict[str, str]()
        for failure, count in sorted(ours.items()):
            reason = failure.partition(":")[0]
            counts[reason] += count
            examples.setdefault(reason, failure)
        return PhotoCounts(named, dict(counts.most_common()), examples)

    @property
    def total(self) -> int:
        return sum(self.failed.values())

    @property
    def by_reason(self) -> dict[str, int]:
        """The counts for a manifest."""
        return {reason.removeprefix(_PHOTO): count for reason, count in self.failed.items()}

    def __str__(self) -> str:
        """
        >>> print(PhotoCounts.of(12, ["photo not found: a.jpg"] * 3 + ["photo cannot be decoded: it is no JPEG"]))
        4 of 12 photos could not be used: 3 not found, 1 cannot be decoded
        """
        if not self.total:
            return f"all {self.named:,} photos were used" if self.named else "no listing names a photo"
        told = ", ".join(f"{count:,} {reason}" for reason, count in self.by_reason.items())
        return f"{self.total:,} of {self.named:,} photos could not be used: {told}"

    def closing(self, folder: PhotoFolder) -> str:
        """The text about photos in a job's closing line, empty if all were used."""
        if self.named and not self.total:
            return ""
        return f"; {self} ({folder.folder} has no photos)" if folder.bare and self.named else f"; {self}"

    def check(self, most: float, folder: PhotoFolder) -> None:
        """Check that not too many photos failed.

        Args:
            most: The setting `encode.max_failed_share`.
            folder: The folder of the photos. If it has no photo at all, missing photos do not count.

        Raises:
            InputError: Too many failed. The message has the most frequent reason, an example and a remedy.
        """
        counted = {reason: count for reason, count in self.failed.items() if not (folder.bare and reason == NOT_FOUND)}
        if not self.named or sum(counted.values()) <= most * self.named:
            return
        advice = folder.advice if NOT_FOUND in counted else None
        commonest = max(counted, key=lambda reason: counted[reason])
        raise InputError(
            f"{self} (folder {folder.folder}). That is more than encode.max_failed_share={most:g} allows, so "
            f"nothing was published. For example: {shown(self.examples[commonest], _SHOWN)}. "
            f"{advice or _REMEDIES.get(commonest, _OTHER_REMEDY)}; or set encode.max_failed_share=1 to continue"
        )


def written_failures(parts: list[str]) -> Iterator[str]:
    """All failures in the column `failures` of Parquet files."""
    if parts:
        filesystem, _ = filesystem_of(parts[0])
        table = ds.dataset([filesystem_of(part)[1] for part in parts], format="parquet", filesystem=filesystem)
        for batch in table.to_batches(columns=["failures"]):
            yield from pc.drop_null(pc.list_flatten(batch["failures"])).to_pylist()


def quarantined_failures(reasons: pa.ChunkedArray) -> Iterator[str]:
    """The failures of listings without a usable photo and title, from the column `reason` of QUARANTINE."""
    for reason in pc.drop_null(reasons).to_pylist():
        if reason.startswith(BLIND):
            yield reason.removeprefix(BLIND).removeprefix("; ")
