"""Stores of objects, through a real S3 server on this machine: what does not pass through Hadoop works as on a disk.

Spark's own reads and writes need the connector of the store (hadoop-aws and the like), which no Python package brings;
they are not run here.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pyarrow as pa
import pytest

from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photos import PhotoError
from kembar.errors import InputError, RunError
from kembar.storage.files import delete, exists, list_paths, read_bytes, write_bytes
from kembar.storage.output_folder import output_folder
from kembar.storage.ownership import check_output
from kembar.storage.paths import join_uri
from kembar.storage.table_parts import NewTable
from kembar.storage.tables import read_arrow, write_arrow

pytestmark = pytest.mark.slow

BUCKET = "shop"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3 server with an empty bucket, which Arrow and the lock find by the usual environment variables."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    ours = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (
        pytest.MonkeyPatch.context() as patch,
        subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ)
        ) as process,
    ):
        for name, value in ours.items():
            patch.setenv(name, value)
        try:
            _make_bucket(address)
            yield address
        finally:
            process.kill()


def _make_bucket(address: str) -> None:
    request = urllib.request.Request(f"{address}/{BUCKET}", method="PUT")
    for _ in range(300):
        try:
            urllib.request.urlopen(request, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the S3 server did not start")


def publish(uri: str, *ids: str) -> None:
    with output_folder(uri, "match") as folder:
        write_arrow(pa.table({"posting_id": list(ids)}), folder.staged("groups", f"part-{folder.run}.parquet"))
        folder.publish({"groups": NewTable([folder.staged("groups")])}, {"submission.csv": b"x"}, {"counts": len(ids)})


@pytest.mark.parametrize("name", ["plain", "my shop", "50% off", "a#b?c&d", "[new]{1}*", "é/ü"])
@pytest.mark.parametrize("scheme", ["s3", "s3a"])
def test_a_result_is_published_replaced_and_read_whatever_its_name(server: str, scheme: str, name: str):
    uri = f"{scheme}://{BUCKET}/{scheme}/{name}"
    publish(uri, "a", "b")
    publish(uri, "c")
    assert read_arrow(join_uri(uri, "groups"))["posting_id"].to_pylist() == ["c"]
    paths = list_paths(uri)
    assert [path for path in paths if not path.startswith("groups/part-")] == [
        "groups/_SUCCESS",
        "manifest.json",
        "submission.csv",
    ], "neither lock nor staged files stay"


def test_of_concurrent_runs_into_one_folder_exactly_one_publishes(server: str):
    """The lock is a conditional put: of two writers at the same moment the store lets one through."""
    for turn in range(10):
        uri, barrier = f"s3://{BUCKET}/race/{turn}", Barrier(2)

        def run(name: str, uri: str = uri, barrier: Barrier = barrier) -> bool:
            barrier.wait(10)
            try:
                with output_folder(uri, "match") as folder:
                    time.sleep(0.3)
                    part = folder.staged("groups", f"part-{folder.run}.parquet")
                    write_arrow(pa.table({"posting_id": [name]}), part)
                    folder.publish({"groups": NewTable([folder.staged("groups")])}, {}, {})
            except RunError as error:
                assert "is writing there; if that run was killed, delete this file" in str(error)
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(run, "ab")) == [False, True]


def test_a_killed_runs_lock_stays_and_says_what_to_do(server: str):
    uri = f"s3://{BUCKET}/killed"
    write_bytes(f"{uri}/_lock", json.dumps({"made_by": "kembar", "who": "jobs/match.py on x"}).encode())
    with pytest.raises(
        RunError, match=r"_lock says that jobs/match\.py on x is writing there; if .*, delete this file"
    ):
        publish(uri, "a")
    delete(f"{uri}/_lock")
    publish(uri, "a")


def test_foreign_objects_are_left_alone(server: str):
    uri = f"s3://{BUCKET}/foreign"
    write_bytes(f"{uri}/groups/mine.parquet", b"mine")
    with pytest.raises(InputError, match=r"holds groups/mine\.parquet, which jobs/match\.py did not write"):
        publish(uri, "a")
    assert read_bytes(f"{uri}/groups/mine.parquet") == b"mine"
    assert list_paths(uri) == ["groups/mine.parquet"]


def test_an_output_among_the_inputs_is_found_whichever_scheme_names_it(server: str):
    publish(f"s3://{BUCKET}/run", "a")
    with pytest.raises(InputError, match="lies in a table of --matched"):
        check_output(f"s3a://{BUCKET}/run/groups", "report", matched=f"s3://{BUCKET}/run/")


def test_photos_are_read_and_a_missing_one_is_named(server: str):
    images = f"s3a://{BUCKET}/my photos"
    write_bytes(join_uri(images, "a b#1.jpg"), b"\xff\xd8 photo")
    assert PhotoFolder(images).read("a b#1.jpg", 1000) == b"\xff\xd8 photo"
    assert exists(images)
    with pytest.raises(PhotoError):
        PhotoFolder(images).read("nowhere.jpg", 1000)
