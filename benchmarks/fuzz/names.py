"""Names of photos as exports write them, and hostile ones, each with the file that it means, if any."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fuzz.judge import Verdict
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photos import PhotoError

_FILES = ("abc.jpg", "with space.png", "kopi_é.jpg", "sub/in.webp", "100%25.jpg", "日本.JPG")
_SECRET = b"not to be read"


def _honest(name: str) -> list[str]:
    """Ways to write the name of a file."""
    return [
        name,
        f"./{name}",
        f"photos/{name}",
        f"C:\\shop\\photos\\{name}".replace("/", "\\"),
        f"https://cdn.example/x/{name}?v=1",
        name.rsplit(".", 1)[0],
        str(Path(name).with_name(Path(name).name.upper())),
        unicodedata.normalize("NFD", name),
    ]


def _hostile(path: str) -> list[str]:
    """Ways to write the path of a file that lies beside the images folder."""
    return [
        f"../{path}",
        f"sub/../../{path}",
        f"..\\{path}",
        f"https://cdn.example/%2e%2e/{path}",
        f"%2e%2e%2f{path}",
        f"..%5c{path}",
        f"photos/../../{path}",
        f"C:..\\{path}",
        f"abc.jpg\0/../../{path}",
        f"file:///../{path}",
    ]


def _draw(count: int, seed: int, secret: Path) -> Iterator[tuple[str, str, bytes | None]]:
    """Kind, name, and the bytes that it means."""
    rng = np.random.default_rng((seed, 7))
    for _ in range(count):
        if rng.random() < 0.5:
            file = _FILES[rng.integers(len(_FILES))]
            ways = _honest(file)
            yield "as an export writes it", ways[rng.integers(len(ways))], file.encode()
        else:
            ways = [*_hostile(secret.name), str(secret), secret.as_uri()]
            yield "leading out of the folder", ways[rng.integers(len(ways))], None


def judge_names(work: Path, count: int, seed: int) -> Verdict:
    """So many names, looked for in a folder beside which a file lies that none may reach."""
    photos, secret = work / "photos", work / "secret.jpg"
    for file in _FILES:
        (photos / file).parent.mkdir(parents=True, exist_ok=True)
        (photos / file).write_bytes(file.encode())
    secret.write_bytes(_SECRET)
    folder, verdict = PhotoFolder(str(photos)), Verdict()
    for kind, name, meant in _draw(count, seed, secret):
        reason = ""
        try:
            data = folder.read(name, 1_000)
            outcome = "used" if data == meant else "another file"
        except PhotoError as error:
            outcome, reason = "refused", str(error)
        verdict.add(kind, outcome, "refused" if meant is None else "used", reason)
    return verdict
