"""A title in a script that the text tower does not know has a code of its own, and all others keep theirs."""

import numpy as np
import pytest

from kembar.encoding.towers.loaded import get_text_tower
from kembar.encoding.towers.unread import embed_all, hashed_code

pytestmark = pytest.mark.slow

UNKNOWN = {
    "Tamil": ("சேலை", "சாலை"),
    "Devanagari": ("साड़ी", "किताब"),
    "Bengali": ("শাড়ি লাল", "বই"),
    "Telugu": ("చీర", "పుస్తకం"),
    "Burmese": ("အင်္ကျီ", "စာအုပ်"),
    "Khmer": ("អាវ", "សៀវភៅ"),
    "Lao": ("ເສື້ອ", "ປຶ້ມ"),
    "Ethiopic": ("ሸሚዝ", "መጽሐፍ"),
    "with digits": ("சேலை 500 g", "சாலை 500 g"),
}
KNOWN = ["kaos anak", "เสื้อ สีเขียว", "рубашка", "πουκάμισο", "قميص", "חולצה", "셔츠", "シャツ", "衬衫", "áo sơ mi"]


@pytest.mark.parametrize("script", list(UNKNOWN))
def test_two_titles_of_an_unknown_script_are_told_apart(script: str):
    one, other = UNKNOWN[script]
    codes = embed_all(get_text_tower("builtin:use-multilingual", 1).embed, [one, other, one])
    assert np.allclose(np.linalg.norm(codes, axis=1), 1, atol=1e-5)
    assert codes[0] @ codes[1] < 0.8
    assert np.array_equal(codes[0], codes[2])


def test_titles_that_the_tower_reads_keep_its_codes():
    tower = get_text_tower("builtin:use-multilingual", 1)
    assert np.array_equal(embed_all(tower.embed, KNOWN), tower.embed(KNOWN))


def test_a_code_of_terms_is_near_where_terms_are_shared():
    title, near, far = (hashed_code(text, 512) for text in ("சேலை சிவப்பு பட்டு", "சேலை சிவப்பு", "நாற்காலி மரம்"))
    assert title @ near > 0.6 > 0.3 > title @ far


def test_no_title_is_no_trouble():
    assert embed_all(lambda titles: np.zeros((len(titles), 8), np.float32), []).shape == (0, 8)
