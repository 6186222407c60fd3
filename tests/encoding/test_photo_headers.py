"""A photo that would cost more than a photo may is refused by what its header says, before any decoder sees it."""

import subprocess
import sys

import pytest
from fuzz.photos import bombs, good_photos

from kembar.encoding.photo_headers import MOST_PIECES, header_fault
from kembar.encoding.photos import PhotoError, decode_photo
from tests.submit import ROOT

LIMIT = 50_000_000


@pytest.mark.parametrize("name", sorted(good_photos()))
def test_no_photo_as_cameras_and_shops_make_them_is_refused(name: str):
    assert header_fault(good_photos()[name]) is None


@pytest.mark.parametrize("name", ["PNG", "GIF", "JPEG", "WebP"])
def test_thirty_thousand_pixels_square_are_refused_by_size(name: str):
    assert len(bombs()[name]) < 200_000
    with pytest.raises(PhotoError, match=r"pixels"):
        decode_photo(bombs()[name], 64, True, LIMIT)


@pytest.mark.parametrize("name", [name for name in bombs() if " of " in name or " after " in name])
def test_work_without_end_is_refused_by_what_there_is_too_much_of(name: str):
    with pytest.raises(PhotoError, match=r"more than \d+ (scans|segments)|cannot be decoded"):
        decode_photo(bombs()[name], 64, True, LIMIT)


def test_a_bomb_is_refused_without_the_memory_that_it_asks_for():
    """30,000 x 30,000 pixels would be 900 MB or more; the process may not grow by a tenth of it."""
    code = (
        "import resource, sys; sys.path.insert(0, 'benchmarks')\n"
        "from fuzz.photos import bombs; from kembar.encoding.photos import PhotoError, decode_photo\n"
        "found = bombs(); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for data in found.values():\n"
        "    try: decode_photo(data, 64, True, 50_000_000); sys.exit('used')\n"
        "    except PhotoError: pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    root = ROOT
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False)
    assert int(done.stdout) < 90_000, done.stderr


def test_a_header_that_ends_early_is_nothing_to_fail_on():
    for data in good_photos().values():
        for end in range(64):
            header_fault(data[:end])


def test_as_many_segments_as_allowed_are_allowed():
    data = good_photos()["JPEG"]
    few = data[:2] + b"\xff\xe5\0\2" * (MOST_PIECES - 100) + data[2:]
    assert decode_photo(few, 64, True, LIMIT).phash == decode_photo(data, 64, True, LIMIT).phash
