"""What a user types as a path or URI means one place, to Spark and to Arrow, whatever characters are in it."""

import shutil
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from kembar.errors import InputError
from kembar.storage.paths import canonical, check_location, filesystem_of, join_uri, real_path, spark_path, within
from kembar.storage.tables import rewrite_table
from tests.submit import ROOT, run_here

ODD = "my shop 50% #1? a&b+c [new] {x,y} it's * 100%25 é ü"
NAMES = [
    "a b",
    "50%",
    "50%20x",
    "a#b",
    "a?b",
    "a&b",
    "a+b",
    "[a]",
    "[a-z]*",
    "{a,b}",
    "*",
    "it's",
    '"q"',
    "é",
    "e\u0301",
]
NAMES += [
    "日本",
    "co:lon",
    "a=b",
    "back\\slash",
    " lead",
    "trail ",
    "~",
    "$HOME",
    "-x",
    "a,b;c",
    "x" * 255,
    "new\nline",
]


def test_spark_writes_and_reads_where_arrow_does(spark: SparkSession, tmp_path: Path):
    """By path and by URI in turn."""
    for number, name in enumerate(NAMES):
        root = tmp_path / name
        typed = f"file://{quote(str(root))}" if number % 2 else str(root)
        assert rewrite_table(spark.range(number), join_uri(typed, "table")).count() == number, name
        assert sorted(path.name for path in root.iterdir()) == ["table"], name
        filesystem, path = filesystem_of(join_uri(typed, "table"))
        assert filesystem.get_file_info(f"{path}/_SUCCESS").is_file, name
    assert len(list(tmp_path.iterdir())) == len(NAMES), "no other folder was made"


@pytest.mark.parametrize("name", NAMES)
def test_the_uri_of_a_path_is_that_path(name: str):
    assert canonical(f"file://{quote(f'/shop/{name}/x')}") == f"/shop/{name}/x" == filesystem_of(f"/shop/{name}/x")[1]
    assert spark_path(f"/shop/{name}/x") == f"file:///shop/{name}/x"


@pytest.mark.parametrize("uri", ["file:///a%20b/c", "file:/a b/c", "file://localhost/a%20b/c", "FILE:///a b/c"])
def test_each_form_of_a_file_uri_is_the_path_that_it_names(uri: str):
    assert canonical(uri) == "/a b/c"
    assert spark_path(uri) == "file:///a b/c"


def test_a_stores_schemes_are_those_of_spark_and_of_arrow():
    for typed, spark_scheme in (("s3://b/x", "s3a"), ("s3a://b/x", "s3a"), ("s3n://b/x", "s3a"), ("gs://b/x", "gs")):
        assert spark_path(typed) == f"{spark_scheme}://b/x"
    assert canonical("s3a://b/x") == "s3://b/x"
    account = "abfss://box@shop.dfs.core.windows.net/x"
    assert spark_path(account) == canonical(account) == account
    assert filesystem_of(account)[1] == "box/x"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "https://shop.example/train.csv",
            "--listings https://.*received the scheme https; copy it to a disk or store",
        ),
        ("wasbs://box@shop/x", "received the scheme wasbs; use abfss://"),
        ("dbfs:/shop/train.csv", "received the scheme dbfs; name it /dbfs/"),
        ("ftp://shop/x", r"expected a path, file://, s3:// or s3a://, gs://, abfs:// or abfss://, hdfs://.*received"),
        ("file://server/share/x", "names a file of the host server"),
        ("", "--listings: expected a path, .* received an empty value"),
        (" ", "received an empty value"),
        ("a\0b", "cannot contain the character NUL"),
        ("x" * 256, "has 256 bytes, at most 255 work"),
        ("é" * 128, "has 256 bytes"),
    ],
)
def test_what_cannot_work_is_named_with_its_option_and_what_works(typed: str, said: str):
    with pytest.raises(InputError, match=said):
        check_location("--listings", typed)


def test_hdfs_without_its_library_says_what_arrow_needs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HADOOP_HOME", raising=False)
    with pytest.raises(
        InputError, match="hdfs://node/x cannot be reached: .*needs JAVA_HOME, HADOOP_HOME and CLASSPATH"
    ):
        filesystem_of("hdfs://node/x")


def test_one_place_has_one_name(tmp_path: Path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "shop")
    names = [
        f"{tmp_path}/shop",
        f"{tmp_path}/shop/",
        f"file://{tmp_path}/shop",
        f"{tmp_path}/x/../shop",
        f"{tmp_path}/link",
    ]
    assert {real_path(name) for name in names} == {str((tmp_path / "shop").resolve())}
    assert within(f"{tmp_path}/link/a/b", f"file://{tmp_path}/shop") == "a/b"


@pytest.fixture(scope="module")
def shop(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small catalogue in a folder that has every awkward character in its name."""
    root = tmp_path_factory.mktemp("paths") / ODD
    root.mkdir()
    rows = pd.read_csv(sample / "train.csv", dtype=str, keep_default_na=False)
    labels = rows["label_group"].value_counts().index[:6]
    rows = rows[rows["label_group"].isin(labels)]
    (root / "my photos?").mkdir()
    for name in set(rows["image"]):
        shutil.copy(sample / "images" / name, root / "my photos?" / name)
    rows.to_csv(root / "tr ain%.csv", index=False)
    rows.to_parquet(root / "tr ain%.parquet")
    pairs = rows["posting_id"].iloc[:2].tolist()
    (root / "dec isions#.csv").write_text(f"posting_id_l,posting_id_r,decision\n{pairs[0]},{pairs[1]},same\n")
    shutil.copytree(ROOT / "lib" / "kembar" / "default_bundle", root / "bun dle")
    return root


@pytest.mark.parametrize("kind", ["csv as paths", "parquet as URIs"])
def test_every_job_and_option_takes_an_awkward_path(spark: SparkSession, shop: Path, kind: str):
    """Each result is where it was asked for, and nothing else appears."""
    uris = kind.endswith("URIs")

    def place(name: str) -> str:
        return f"file://{quote(str(shop / name))}" if uris else str(shop / name)

    before = {path.name for path in shop.iterdir()}
    table, out = f"tr ain%.{kind.split()[0]}", f"{kind.split()[0]} #%"
    listings, images = ("--listings", place(table)), ("--images", place("my photos?"))
    encoded, matched, bundle = place(f"{out}/encoded"), place(f"{out}/matched"), ("--bundle", place("bun dle"))
    decisions = ("--decisions", place("dec isions#.csv"))
    submission = join_uri(matched, "submission.csv")
    commands = [
        ("encode", *listings, *images, *bundle, "--output", encoded),
        ("match", "--encoded", encoded, *bundle, *decisions, "--output", matched),
        ("match", "--encoded", encoded, *bundle, *decisions, "--output", matched, "--previous", matched),
        ("evaluate", *listings, "--submission", submission, "--encoded", encoded, "--output", place(f"{out}/m ?.json")),
        ("report", "--matched", matched, "--encoded", encoded, *images, *listings, "--output", place(f"{out}/re port")),
        ("review", "--matched", matched, *bundle, *decisions, "--output", place(f"{out}/quest ions.csv")),
        ("triplets", *listings, *images, "--output", place(f"{out}/trip lets")),
        ("train", "--matched", matched, *decisions, "--bundle", place(f"{out}/mi ne"), "--dry-run"),
    ]
    for command in commands:
        assert (run := run_here(*command)).code == 0, run.said[-2000:]
    assert {path.name for path in shop.iterdir()} == before | {out}
    names = ["encoded", "m ?.json", "matched", "quest ions.csv", "re port", "trip lets"]
    assert sorted(path.name for path in (shop / out).iterdir()) == names
    assert (shop / out / "re port" / "index.html").exists()
    assert list((shop / out / "re port" / "thumbs").rglob("*.jpg"))
