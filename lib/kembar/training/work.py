"""The work folder of a training: what was done already, so that a run that was killed can go on."""

import json
import shutil
from argparse import Namespace
from dataclasses import asdict, dataclass
from pathlib import Path

from kembar.bundle import FORMAT
from kembar.config import Settings
from kembar.errors import TrainingError
from kembar.storage import write_json

_RUN = "run.json"


@dataclass(frozen=True)
class TrainingWork:
    """encoded-N/ and triplets-N/ (tables) of each catalogue, a folder of checkpoints/ and logs/ for each network, and
    run.json, which says what the run is of. inputs: the paths of listings and photos."""

    folder: Path
    inputs: list[str]
    settings: Settings

    def open(self, resume: bool) -> None:
        """Start anew, or make sure that what is there is a run of the same inputs and settings.

        Raises:
            TrainingError: there is nothing to resume, it is of something else, or the folder cannot be written to.
        """
        settings = asdict(self.settings)
        run = {"inputs": self.inputs, "settings": settings, "format": FORMAT}
        if not resume:
            try:
                shutil.rmtree(self.folder, ignore_errors=True)
                self.folder.mkdir(parents=True)
                write_json(self.path(_RUN), run)
            except OSError as error:
                raise TrainingError(f"{self.folder} cannot be written to: {error}") from error
            return
        if not (self.folder / _RUN).exists():
            raise TrainingError(f"nothing to resume in {self.folder}; leave out --resume to start")
        before = json.loads((self.folder / _RUN).read_text())
        if before != run:
            changed = [k for k, v in settings.items() if v != before["settings"].get(k)]
            what = f"settings in {', '.join(changed)}" if changed else f"the inputs {', '.join(before['inputs'])}"
            what = what if before.get("format") == FORMAT else "bundles, by another version of kembar"
            raise TrainingError(f"{self.folder} is of a run with other {what}; leave out --resume to start anew")

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def has(self, table: str) -> bool:
        """Whether a table was written to its end."""
        return (self.folder / table / "_SUCCESS").exists()


def open_work(args: Namespace, settings: Settings) -> TrainingWork:
    """The work folder that a training job's options name, started anew or gone on with.

    Raises:
        TrainingError: as `TrainingWork.open`.
    """
    folder = Path(args.work or f"{args.bundle.rstrip('/')}.training")
    work = TrainingWork(folder, args.listings + args.images, settings)
    work.open(args.resume)
    return work
