"""A job tells what it would do without doing it, and names the option that a mistyped one was meant to be."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from kembar.jobs import end_dry_run, job_parser
from kembar.plan import Plan, plan_encode, plan_match, plan_train


def test_encode_counts_rows_and_says_what_is_kept(tmp_path: Path):
    (tmp_path / "a.csv").write_text('posting_id,image,title\n1,a.jpg,"two\nlines"\n2,b.jpg,kaos\n3,c.jpg,x,broken\n')
    args = Namespace(listings=str(tmp_path / "a.csv"), output=str(tmp_path / "encoded"))
    assert f"{args.listings}: 3 rows" in plan_encode(args, "e").lines
    (tmp_path / "encoded").mkdir()
    before = {"encoder": "e", "counts": {"listings": 2, "encoded": 2}, "seconds": {"encode": 4.0}}
    (tmp_path / "encoded" / "manifest.json").write_text(json.dumps(before))
    same, other = str(plan_encode(args, "e")), str(plan_encode(args, "f"))
    assert "has 2 listings by it: only new and changed ones are encoded" in same
    assert "about 26 s at 0 listings a second" in same, "20 s to start and 3 rows at the last run's half a second"
    assert "is by another encoder (e): all are encoded anew" in other
    assert "needed, " in same


def test_match_reads_the_manifest(tmp_path: Path):
    (tmp_path / "manifest.json").write_text(json.dumps({"counts": {"listings": 70_000, "quarantine": 3}}))
    args = Namespace(encoded=str(tmp_path), output=str(tmp_path / "matched"), previous="yesterday")
    told = str(plan_match(args))
    assert "70,000 listings, 3 quarantined" in told
    assert "yesterday: new and changed listings look for pairs" in told
    assert "about 95 s" in told
    assert "about 630 MB needed" in told


def test_train_counts_what_it_learns_from_and_says_from_which_start(tmp_path: Path):
    (tmp_path / "a.csv").write_text("posting_id,image,title\n" + "".join(f"{i},{i}.jpg,kaos\n" for i in range(50)))
    args = Namespace(listings=[str(tmp_path / "a.csv")], matched=None, work=None, bundle=str(tmp_path / "mine"))
    based, fresh = str(plan_train(args, based=True)), str(plan_train(args, based=False))
    assert f"{args.listings[0]}: 50 rows" in based
    assert "curves are fitted to the base bundle's heads" in based
    assert "heads are trained from scratch" in fresh
    assert f"checkpoints: {args.bundle}.training" in fresh


def test_train_counts_the_decisions_of_a_review(tmp_path: Path):
    (tmp_path / "d.csv").write_text("posting_id_l,posting_id_r,decision\na,b,same\na,c,different\n")
    args = Namespace(matched="matched", decisions=str(tmp_path / "d.csv"), bundle=str(tmp_path / "mine"))
    assert "d.csv: 2 decisions about pairs of matched" in str(plan_train(args, based=True))


def test_a_disk_without_room_is_told(tmp_path: Path):
    assert str(Plan([], 10**18, str(tmp_path / "not" / "yet"))).endswith("are free: NOT ENOUGH")
    assert "free" not in str(Plan([], 10**18, "s3://bucket/out"))


def test_a_dry_run_ends_with_the_plan(capsys: pytest.CaptureFixture[str]):
    end_dry_run(Namespace(dry_run=False), lambda args: Plan(["never"], 0, "."))
    with pytest.raises(SystemExit) as ended:
        end_dry_run(Namespace(dry_run=True), lambda args: Plan(["this"], 0, "."))
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("this\noutput .: ")


def test_a_mistyped_option_is_told_which_it_was_meant_to_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sys.argv", ["match.py", "--encodd", "x", "--output=y"])
    with pytest.raises(SystemExit) as ended:
        job_parser("Match.", encoded="a folder", output="a folder").parse_args()
    assert ended.value.code == 2
    assert "--encodd: did you mean --encoded?" in capsys.readouterr().err
