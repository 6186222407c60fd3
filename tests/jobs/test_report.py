"""The report's job as a user runs it."""

from pathlib import Path

from tests.submit import QUARANTINED, refused_here, succeed


def test_a_run_becomes_pages(folder: Path, matched: Path, encoded: Path, catalogue: tuple[str | Path, ...]):
    run = succeed("report", *catalogue, "--matched", matched, "--encoded", encoded, "--output", folder / "report")
    assert f"{folder / 'report' / 'index.html'}" in run.said
    page = (folder / "report" / "index.html").read_text(encoding="utf-8")
    assert f"<strong>{len(QUARANTINED) + 1}</strong> rows not used" in page
    assert "matched with a part missing: photo cannot be" in page
    assert "F1 against labels" in page
    groups = "".join(path.read_text(encoding="utf-8") for path in (folder / "report" / "data").glob("groups-*.js"))
    assert "thumbs/" in groups


def test_what_is_not_there_is_named(folder: Path, matched: Path, encoded: Path, catalogue: tuple[str | Path, ...]):
    nowhere = ("--matched", folder / "nowhere", "--encoded", encoded)
    run = refused_here("report", *catalogue, *nowhere, "--output", folder / "no")
    assert f"error: the summary of a finished match run not found: {folder / 'nowhere' / 'summary.json'}" in run.said
    assert not (folder / "no").exists()
