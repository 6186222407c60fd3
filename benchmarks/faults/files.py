"""Files that are cut, altered, or never answer."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kembar
from faults.scene import Scene


def cut(table: Path) -> None:
    """Take the end off a table's first part."""
    part = sorted(table.glob("*.parquet"))[0]
    part.write_bytes(part.read_bytes()[:-64])


def _copied(scene: Scene, job: str, name: str) -> Path:
    copy = scene.new(name)
    shutil.copytree(scene.whole(job), copy)
    return copy


def codes_cut_for_encode(scene: Scene) -> dict[str, Any]:
    """Encode over a result of which a part is cut: what was in it is encoded again."""
    output = _copied(scene, "encode", "cut-encode")
    cut(output / "listings")
    return scene.told("encode", output, scene.start("encode", output).end(), None)


def codes_cut_for_match(scene: Scene) -> dict[str, Any]:
    """Match refuses; encode mends the folder; then match."""
    encoded, output = _copied(scene, "encode", "cut-match-codes"), scene.new("cut-match")
    cut(encoded / "listings")
    named = ("--encoded", encoded)
    struck = scene.start("match", output, *named).end()
    looked = (output / "manifest.json").exists()
    scene.start("encode", encoded).end()
    return scene.told("match", output, struck, scene.start("match", output, *named).end(), looked_finished=looked)


def last_run_cut(scene: Scene, table: str) -> dict[str, Any]:
    """Match with --previous of which a part is cut."""
    last, output = _copied(scene, "match", f"cut-{table}-last"), scene.new(f"cut-{table}")
    cut(last / table)
    named = ("--previous", last)
    struck = scene.start("match", output, *named).end()
    looked, again = (output / "manifest.json").exists() and struck.code != 0, None
    if struck.code:
        scene.start("match", last).end()
        again = scene.start("match", output, *named).end()
    return scene.told("match", output, struck, again, looked_finished=looked)


def bundle_altered(scene: Scene, job: str) -> dict[str, Any]:
    """The shipped bundle with one byte changed; then as it was."""
    bundle = scene.new(f"altered-{job}-bundle")
    shutil.copytree(Path(kembar.__file__).parent / "default_bundle", bundle)
    heads = bundle / "heads.npz"
    sound = heads.read_bytes()
    heads.write_bytes(sound[:1000] + bytes([sound[1000] ^ 1]) + sound[1001:])
    output, named = scene.new(f"altered-{job}"), ("--bundle", bundle)
    struck = scene.start(job, output, *named).end()
    looked = output.exists()
    heads.write_bytes(sound)
    return scene.told(job, output, struck, scene.start(job, output, *named).end(), looked_finished=looked)


def pipe_for_a_photo(scene: Scene) -> dict[str, Any]:
    """A pipe in the place of a photo, which would take for ever to open; then the photo."""
    catalogue, output = scene.new("hangs-catalogue"), scene.new("hangs")
    shutil.copytree(scene.folder / "catalogue", catalogue)
    photo = sorted((catalogue / "images").iterdir())[7]
    kept = photo.with_suffix(".kept")
    photo.rename(kept)
    os.mkfifo(photo)
    named = ("--images", catalogue / "images", "--set", "encode.photo_seconds=4")
    struck = scene.start("encode", output, *named).end()
    looked = (output / "manifest.json").exists()
    kept.rename(photo)
    again = scene.start("encode", output, *named).end()
    return scene.told("encode", output, struck, again, looked_finished=looked)


def cases(scene: Scene) -> Iterator[tuple[str, str, Callable[[], dict]]]:
    """Name, words, and the doing of each."""
    yield "encode", "a part of the codes is cut", lambda: codes_cut_for_encode(scene)
    yield "match", "a part of the codes is cut", lambda: codes_cut_for_match(scene)
    for table in ("lists", "catalogue", "changes"):
        yield "match", f"--previous: a part of {table}/ is cut", lambda t=table: last_run_cut(scene, t)
    for job in ("encode", "match"):
        yield job, "a byte of the bundle is another", lambda j=job: bundle_altered(scene, j)
    yield "encode", "a pipe in the place of a photo", lambda: pipe_for_a_photo(scene)
