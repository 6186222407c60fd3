"""Checks on an executor whether it sees the output and the photos."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from kembar.encoding.photo_folder import PhotoFolder
from kembar.storage.files import read_bytes, write_bytes
from kembar.storage.paths import join_uri


@dataclass(frozen=True)
class Probe:
    """Things that every executor must see: the driver's token in a folder, and photos by name with their states."""

    folder: str
    token: str
    photos: PhotoFolder | None = None
    states: dict[str, str] = field(default_factory=dict)

    def fault(self, task: int) -> str | None:
        """Describe what this process cannot see, or None; write its own token for the driver."""
        try:
            seen = read_bytes(join_uri(self.folder, "part-driver")).decode()
            if seen != self.token:
                return f"it finds another file in the output {self.folder} than the driver wrote"
        except OSError as error:
            return f"it cannot read the driver's file in the output {self.folder} ({type(error).__name__})"
        try:
            write_bytes(join_uri(self.folder, f"part-{task:05}"), self.token.encode())
        except OSError as error:
            return f"it cannot write to the output {self.folder} ({type(error).__name__})"
        return self._blind_to_photos()

    def _blind_to_photos(self) -> str | None:
        if self.photos is None or not self.states:
            return None
        names = list(self.states)
        for name, state in zip(names, self.photos.states([*names]), strict=True):
            # Only sizes are compared, since clocks may differ.
            if state.partition(" ")[0] != self.states[name].partition(" ")[0]:
                return f"it does not see the same photo {name} in {self.photos.folder} as the driver ({state})"
        return None


def look(probe: Probe, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        faults = pa.array([probe.fault(task) for task in batch["id"].to_pylist()], pa.string())
        hosts = pa.array([platform.node()] * batch.num_rows, pa.string())
        yield pa.RecordBatch.from_pydict({"host": hosts, "fault": faults})
