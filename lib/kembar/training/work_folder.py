"""The work folder of a training: what was done already, so that a run that was killed can go on."""

import json
import re
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kembar.config import Settings
from kembar.errors import InputError, TrainingError
from kembar.model.bundle_files import FORMAT
from kembar.storage.algorithms import algorithm_versions
from kembar.storage.files import delete, read_json, write_json
from kembar.storage.locks import LOCK, locked
from kembar.storage.paths import canonical, is_local

_RUN = "run.json"
_TABLES = r"(encoded|hashed|triplets)-\d+"
_PARTS = r"\.?(_SUCCESS|part-[^/]*)(\.crc)?|_temporary/.*"
_NETWORKS = r"(train|held_out|whole)"
_STATE = r"checkpoints/(checkpoint|[^/]*ckpt[^/]*|[^/]*\.tmp[^/]*)|logs/events\.[^/]*|history\.json|\.[^/]*\.partial"
_OURS = re.compile(rf"{re.escape(_RUN)}|{LOCK}|\.[^/]*\.partial|{_TABLES}/({_PARTS})|{_NETWORKS}/({_STATE})")
"""Every file that a training writes into its work folder."""


@dataclass(frozen=True)
class TrainingWork:
    """A training's intermediate results.

    Attributes:
        folder: Holds encoded-N/ and triplets-N/ (tables) of each catalogue, a folder of checkpoints/ and logs/ for
            each network, and run.json, which says what the run is of.
        inputs: The paths of listings and photos.
        settings: The settings of the run.
    """

    folder: Path
    inputs: list[str]
    settings: Settings

    def open(self, resume: bool) -> None:
        """Start anew, or make sure that what is there is a run of the same inputs and settings.

        Raises:
            InputError: The folder holds files that no training wrote.
            TrainingError: There is nothing to resume, it is of something else, or the folder cannot be written to.
        """
        self.check(resume)
        if resume:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name in (_RUN, *self._entries()):
                delete(self.path(name))
            write_json(self.path(_RUN), {"made_by": "kembar"} | self._describe())
        except OSError as error:
            raise TrainingError(f"{self.folder} cannot be written to: {error}") from error

    def check(self, resume: bool) -> None:
        """Raise as `open`, without changing anything."""
        files = sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if _is_file(p))
        if foreign := next((name for name in files if not _OURS.fullmatch(name)), None):
            raise InputError(
                f"the work folder {self.folder} holds {foreign}, which is not from training: name another folder"
            )
        before = self._before()
        files = [name for name in files if name != LOCK and not name.endswith(".partial")]
        if files and before is None:
            raise InputError(
                f"the work folder {self.folder} holds {files[0]}, but no {_RUN} of a training: name another folder"
            )
        if not resume:
            return
        if before is None:
            raise TrainingError(f"nothing to resume in {self.folder}; to start a new training, leave out --resume")
        now = self._describe()
        if any(before.get(key) != value for key, value in now.items()):
            settings = now["settings"]
            changed = [k for k, v in settings.items() if v != before["settings"].get(k)]
            what = f"settings in {', '.join(changed)}" if changed else f"the inputs {', '.join(before['inputs'])}"
            what = what if self._is_of_this_version(before) else "bundles, by another version of kembar"
            raise TrainingError(
                f"{self.folder} is from a run with other {what}; to start a new training, leave out --resume"
            )

    def _is_of_this_version(self, before: dict[str, Any]) -> bool:
        return all(before.get(key) == self._describe()[key] for key in ("format", "algorithms"))

    def _describe(self) -> dict[str, Any]:
        """What this run is of, as JSON gives it back: a setting with several values is a list there, not a tuple."""
        described = {
            "inputs": self.inputs,
            "settings": asdict(self.settings),
            "format": FORMAT,
            "algorithms": algorithm_versions(),
        }
        return dict(json.loads(json.dumps(described)))

    def _before(self) -> dict[str, Any] | None:
        """What the run in the folder is of; None where there is none."""
        if not (self.folder / _RUN).exists():
            return None
        before = read_json(self.path(_RUN))
        if not {"inputs", "settings", "format"} <= before.keys():
            raise InputError(
                f"the work folder {self.folder} holds a {_RUN} that is not from training: name another folder"
            )
        return before

    def _entries(self) -> list[str]:
        """The folders that a training made; of all their files `check` has seen that they are its own."""
        return [p.name for p in self.folder.iterdir() if p.is_dir() and re.fullmatch(f"{_TABLES}|{_NETWORKS}", p.name)]

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def has(self, table: str) -> bool:
        """Whether a table was written to its end."""
        return (self.folder / table / "_SUCCESS").exists()


def _is_file(path: Path) -> bool:
    return path.is_symlink() or not path.is_dir()


def work_of(args: Namespace, settings: Settings) -> TrainingWork:
    """The work folder that a training job's options name.

    Raises:
        InputError: It is not on a disk; checkpoints are written by TensorFlow, past Arrow.
    """
    named = args.work or f"{canonical(args.bundle).rstrip('/')}.training"
    if not is_local(named):
        raise InputError(f"--work: expected a folder on this machine's disk, received {named}")
    return TrainingWork(Path(canonical(named)).absolute(), args.listings + args.images, settings)


@contextmanager
def open_work(args: Namespace, settings: Settings) -> Iterator[TrainingWork]:
    """The work folder of a training, held against others, started anew or gone on with.

    Raises:
        InputError, TrainingError: As `TrainingWork.open`.
        RunError: Another training holds it.
    """
    work = work_of(args, settings)
    work.check(args.resume)
    with locked(str(work.folder), "train"):
        work.open(args.resume)
        yield work
