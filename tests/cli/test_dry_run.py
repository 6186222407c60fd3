"""A job tells what it would do without doing it, and names the option that a mistyped one was meant to be."""

import json
import runpy
from argparse import Namespace
from pathlib import Path

import pytest

from kembar.cli.dry_run import (
    Plan,
    plan_encode,
    plan_evaluate,
    plan_match,
    plan_report,
    plan_review,
    plan_train,
    plan_triplets,
)
from kembar.cli.job import end_dry_run, job_parser
from kembar.config import load_settings
from kembar.errors import InputError
from kembar.model.bundle_files import load_bundle
from tests.submit import ROOT

JOBS = sorted((ROOT / "jobs").glob("[a-z]*.py"))


def test_encode_counts_rows_and_says_what_is_kept(tmp_path: Path):
    (tmp_path / "a.csv").write_text('posting_id,image,title\n1,a.jpg,"two\nlines"\n2,b.jpg,kaos\n3,c.jpg,x,broken\n')
    args = Namespace(listings=str(tmp_path / "a.csv"), images=str(tmp_path), output=str(tmp_path / "encoded"))
    settings = load_settings()
    assert f"{args.listings}: 3 rows" in plan_encode(args, "e", settings).lines
    (tmp_path / "encoded").mkdir()
    before = {"encoder": "e", "counts": {"listings": 2, "encoded": 2}, "seconds": {"encode": 4.0}}
    (tmp_path / "encoded" / "manifest.json").write_text(json.dumps(before))
    same, other = str(plan_encode(args, "e", settings)), str(plan_encode(args, "f", settings))
    assert "has 2 listings of this encoder: only new and changed ones are encoded" in same
    assert "the last run took 4 s for 2 listings" in same
    assert "is from another encoder (e): all are encoded again" in other
    assert "needed, " in same


def test_match_reads_the_manifest(tmp_path: Path):
    (tmp_path / "manifest.json").write_text(json.dumps({"counts": {"listings": 70_000, "quarantine": 3}}))
    args = Namespace(encoded=str(tmp_path), output=str(tmp_path / "matched"), previous="yesterday")
    told = str(plan_match(args))
    assert "70,000 listings, 3 quarantined" in told
    assert "yesterday: only new and changed listings are searched" in told
    assert "the last run" not in told, "there was none in that output"
    assert "about 630 MB needed" in told


def test_train_counts_what_it_learns_from_and_says_from_which_start(tmp_path: Path):
    (tmp_path / "a.csv").write_text("posting_id,image,title\n" + "".join(f"{i},{i}.jpg,kaos\n" for i in range(50)))
    args = Namespace(
        config=None, set=[], listings=[str(tmp_path / "a.csv")], matched=None, work=None, bundle=str(tmp_path / "mine")
    )
    based, fresh = str(plan_train(args, based=True)), str(plan_train(args, based=False))
    assert f"{args.listings[0]}: 50 rows" in based
    assert "training keeps the base bundle's heads" in based
    assert "training starts from scratch, with new heads" in fresh
    assert f"checkpoints: {args.bundle}.training" in fresh


def test_train_counts_the_decisions_of_a_review(tmp_path: Path):
    (tmp_path / "d.csv").write_text("posting_id_l,posting_id_r,decision\na,b,same\na,c,different\n")
    args = Namespace(matched="matched", decisions=str(tmp_path / "d.csv"), bundle=str(tmp_path / "mine"))
    assert "d.csv: 2 decisions about pairs of matched" in str(plan_train(args, based=True))


def test_triplets_encodes_all_anew(tmp_path: Path):
    (tmp_path / "a.csv").write_text("posting_id,image,title\n" + "".join(f"{i},{i}.jpg,kaos\n" for i in range(9)))
    told = str(
        plan_triplets(
            Namespace(config=None, set=[], listings=str(tmp_path / "a.csv"), output=str(tmp_path / "triplets"))
        )
    )
    assert "a.csv: 9 rows" in told
    assert "all listings are encoded and searched for pairs" in told
    assert "needed, " in told


def test_evaluate_counts_both_sides_and_needs_no_room_where_nothing_is_written(tmp_path: Path):
    (tmp_path / "a.csv").write_text("posting_id,image,title\n1,a.jpg,kaos\n2,b.jpg,kaos\n")
    args = Namespace(
        config=None, set=[], listings=str(tmp_path / "a.csv"), submission="theirs.csv", encoded=None, output=None
    )
    told = str(plan_evaluate(args, 3))
    columns = "columns: CSV, posting_id ← posting_id, image ← image, title ← title"
    assert f"a.csv: 2 rows\n{columns}\ntheirs.csv: 3 rows\nadd --encoded to evaluate candidate pairs too" in told
    assert "needed" not in told


def test_report_and_review_tell_of_the_run_that_they_read(tmp_path: Path):
    counts = {"listings": 70_000, "groups": 20_000, "candidate_pairs": 2_300_000}
    (tmp_path / "summary.json").write_text(json.dumps(counts))
    matched = {"matched": str(tmp_path), "output": str(tmp_path / "out")}
    (tmp_path / "a.csv").write_text("posting_id,image,Title\n1,a.jpg,kaos\n")
    listings = str(tmp_path / "a.csv")
    shown, bare = (str(plan_report(Namespace(**matched, listings=of))) for of in (listings, None))
    assert f"70,000 listings, 20,000 groups\n{listings}: 1 rows\ncolumns: CSV, " in shown
    assert "title ← Title\nphotos are shown" in shown
    assert "add --listings to show photos" in bare
    assert "about 315 MB needed" in shown
    asked = str(plan_review(Namespace(**matched, count=500), decided=7))
    assert "2,300,000 candidate pairs, 7 with a decision\nthe 500 most useful pairs" in asked


def test_a_run_that_did_not_finish_has_no_report(tmp_path: Path):
    with pytest.raises(InputError, match="the summary of a finished match run not found"):
        plan_report(Namespace(matched=str(tmp_path), output="out", listings=None))


def test_a_disk_without_room_is_told(tmp_path: Path):
    assert str(Plan([], 10**18, str(tmp_path / "not" / "yet"))).endswith("free: NOT ENOUGH")
    assert "free" not in str(Plan([], 10**18, "s3://bucket/out"))


def test_a_dry_run_ends_with_the_plan(capsys: pytest.CaptureFixture[str]):
    end_dry_run(Namespace(dry_run=False), lambda args: Plan(["never"], 0, "."))
    with pytest.raises(SystemExit) as ended:
        end_dry_run(Namespace(dry_run=True), lambda args: Plan(["this"], 0, "."))
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("this\noutput .: ")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the inputs of every job, in which Spark cannot start."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "a.csv").write_text("posting_id,image,image_phash,title,label_group\n1,,,kaos,g\n2,,,kaos,g\n")
    (tmp_path / "pairs.csv").write_text("posting_id_l,posting_id_r\n1,2\n")
    (tmp_path / "submission.csv").write_text("posting_id,matches\n1,1 2\n2,1 2\n")
    for name, facts in {
        "encoded": {"encoder": load_bundle(None).encoder_fingerprint, "counts": {"listings": 2, "quarantine": 0}},
        "matched": {"listings": 2, "groups": 1, "candidate_pairs": 1},
    }.items():
        (tmp_path / name / "matches").mkdir(parents=True)
        (tmp_path / name / ("manifest.json" if name == "encoded" else "summary.json")).write_text(json.dumps(facts))
    monkeypatch.setattr("kembar.session.get_session", lambda *_: pytest.fail("a dry run starts no Spark"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


CATALOGUE = "--listings a.csv --images photos"
COMMANDS = {
    "triplets": f"{CATALOGUE} --output out",
    "train": f"{CATALOGUE} --bundle out",
    "encode": f"{CATALOGUE} --output out",
    "match": "--encoded encoded --output out",
    "score": "--encoded encoded --pairs pairs.csv --output out",
    "evaluate": "--listings a.csv --submission submission.csv --output out",
    "report": f"--matched matched --encoded encoded {CATALOGUE} --output out",
    "review": "--matched matched --output out",
}


@pytest.mark.parametrize("job", JOBS)
def test_every_job_tells_what_it_would_do_and_does_nothing(
    job: Path, shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sys.argv", [job.name, *COMMANDS[job.stem].split(), "--dry-run"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(job))["main"]()
    assert ended.value.code == 0
    assert "output out: about" in capsys.readouterr().out
    assert not (shop / "out").exists()


@pytest.mark.parametrize("job", [job for job in JOBS if "a.csv" in COMMANDS[job.stem]])
def test_a_dry_run_refuses_what_the_run_would(job: Path, shop: Path, monkeypatch: pytest.MonkeyPatch):
    (shop / "a.csv").write_text("Exported yesterday.\n" * 203)
    monkeypatch.setattr("sys.argv", [job.name, *COMMANDS[job.stem].split(), "--dry-run"])
    with pytest.raises(InputError, match=r"a\.csv: missing column posting_id, image, title"):
        runpy.run_path(str(job))["main"]()


def test_a_mistyped_option_is_told_which_it_was_meant_to_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sys.argv", ["match.py", "--encodd", "x", "--output=y"])
    with pytest.raises(SystemExit) as ended:
        job_parser("Match.", encoded="a folder", output="a folder").parse_args()
    assert ended.value.code == 2
    assert "--encodd: did you mean --encoded?" in capsys.readouterr().err
