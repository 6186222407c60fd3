"""The report's pages in a browser, from disk: an analyst finds what is doubtful, and looks at it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from kembar.schemas import EVIDENCE
from tests.browser import DESKTOP, PHONE, find_violations, watched
from tests.report.pages.pages import Groups, go, ids, press
from tests.reports import HOSTILE


def test_the_first_page_leads_to_what_is_most_doubtful(context: BrowserContext, report: Path, groups: Groups):
    page = go(context, report, "index.html")
    expect(page.locator(".group h3").first).to_have_text("Group 1")
    assert page.locator(".group").count() == 4
    for name in ("Probabilities", "Group sizes", "From all pairs to matches"):
        drawn = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(Boolean)"
        assert page.get_by_role("img", name=name).evaluate(drawn), "a chart is not blank"
    page.locator(".group h3 a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Group 1")
    assert page.locator("#group .tile").count() == len(groups[0]["listings"])


def test_photos_are_shown(context: BrowserContext, report: Path):
    page = go(context, report, "group.html#1/weakest")
    for image in page.locator("img").all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("i => i.naturalWidth") > 0
    large = page.locator("dialog img").first
    assert large.evaluate("i => i.naturalWidth") == 96, "the photo itself, not its thumbnail"


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_with_script_in_it_is_text(context: BrowserContext, report: Path, groups: Groups, title: str):
    number = next(n for n, group in enumerate(groups) if title in [listing[1] for listing in group["listings"]])
    posting_id = next(listing[0] for listing in groups[number]["listings"] if listing[1] == title)
    shown = " ".join(title.split())
    page = go(context, report, f"groups.html?q={posting_id}")
    place = 1 + ids(groups[number]).index(posting_id)
    page.goto(f"{report.as_uri()}/group.html#{number + 1}")
    expect(page.locator("#group .tile .title").nth(place - 1)).to_have_text(f"{place}{shown}")
    pair = sorted((place, 2 if place == 1 else 1))
    page.goto(f"{report.as_uri()}/group.html#{number + 1}/{pair[0]}-{pair[1]}")
    expect(page.locator("dialog .title", has_text=shown[:20]).first).to_contain_text(shown)
    assert page.evaluate("window.pwned") is None


def test_filters_and_order_choose_as_a_list_would(context: BrowserContext, report: Path, groups: Groups):
    page = go(context, report, "groups.html")
    sizes = [len(group["listings"]) for group in groups]
    numbers = lambda: [int(text.split()[1]) for text in page.locator(".group h2").all_inner_texts()]  # noqa: E731
    page.get_by_label("Size", exact=True).select_option("3 to 5")
    expect(page.locator("#found")).to_have_text(f"{sum(3 <= size <= 5 for size in sizes)} of {len(sizes)} groups")
    assert numbers() == [n + 1 for n, size in enumerate(sizes) if 3 <= size <= 5][:20]
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#found")).to_have_text(f"{len(sizes)} groups")
    page.get_by_label("Order", exact=True).select_option("largest first")
    expect(page.locator(".group h2").first).to_have_text(f"Group {sizes.index(max(sizes)) + 1}")
    assert numbers() == [n + 1 for n in sorted(range(len(sizes)), key=lambda n: -sizes[n])][:20]
    page.get_by_label("Doubt", exact=True).select_option("may be two products")
    expect(page.locator("#found")).to_contain_text(" of ")
    assert all("May be two products" in text for text in page.locator(".why").all_inner_texts())
    page.reload()
    expect(page.get_by_label("Doubt", exact=True)).to_have_value("two")
    expect(page.get_by_label("Order", exact=True)).to_have_value("size")


def test_a_search_finds_a_group_by_words_of_one_title_and_by_id(context: BrowserContext, report: Path, groups: Groups):
    page = go(context, report, "groups.html")
    words = "SEPATU   ＳＣＲＩＰＴ"
    found = [
        n
        for n, g in enumerate(groups)
        if any("script" in t and "sepatu" in t for t in [x[1].lower() for x in g["listings"]])
    ]
    press(page, "/")
    page.keyboard.insert_text(words)
    expect(page.locator("#found")).to_have_text(f"{len(found)} of {len(groups)} groups")
    expect(page.locator(".group h2").first).to_have_text(f"Group {found[0] + 1}")
    page.get_by_label("Search titles and ids").fill(ids(groups[7])[1])
    expect(page.locator(".group h2")).to_have_text(["Group 8"])
    page.get_by_label("Search titles and ids").fill("no title has these words")
    expect(page.locator("#found")).to_have_text(f"0 of {len(groups)} groups")


def test_differences_within_a_group_are_marked_numbers_most(context: BrowserContext, report: Path):
    page = go(context, report, "groups.html")
    marked = page.evaluate("""() => {
        const titles = ["Susu bubuk 250gr", "SUSU Bubuk 400 gr", "ｓｕｓｕ bubuk 250 gr promo"];
        const common = kembar.sharedTerms(titles);
        const tell = (node) => [node.className ?? null, node.textContent];
        return titles.map((title) => kembar.marked(title, common).map(tell));
    }""")
    assert marked[0] == [[None, "Susu bubuk 250gr"]]
    assert ["number", "400"] in marked[1]
    assert ["", "promo"] in marked[2]
    assert sum(name is not None for name, _ in marked[1] + marked[2]) == 2


def test_the_waterfall_adds_up_and_the_hash_shows_each_bit_that_differs(
    context: BrowserContext, report: Path, groups: Groups
):
    row = min(groups[0]["pairs"], key=lambda row: row[3])
    left, right = (groups[0]["listings"][k] for k in row[:2])
    page = go(context, report, "group.html#1/weakest")
    cells = page.locator("dialog table td:last-child").all_inner_texts()
    values = [float(text.replace("−", "-")) for text in cells]
    assert sum(values[:-1]) == pytest.approx(values[-1], abs=0.05)
    assert values[-1] == pytest.approx(sum(row[4 : 5 + len(EVIDENCE)]), abs=0.01)
    bits = (int(left[3], 16) ^ int(right[3], 16)).bit_count()
    assert page.locator("dialog .bits").first.locator(".differs").count() == bits
    assert page.locator("dialog .bits").nth(1).locator(".on").count() == int(right[3], 16).bit_count()
    expect(page.locator("dialog figcaption")).to_contain_text(f"{bits} of 64 bits differ")


def test_keys_walk_over_pages_and_rest_where_somebody_writes(context: BrowserContext, report: Path, groups: Groups):
    page = go(context, report, "groups.html")
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    press(page, "Escape")
    press(page, " ".join(["j"] * 21))
    expect(page.locator('[data-number="20"]')).to_be_focused()
    press(page, "k")
    expect(page.locator('[data-number="19"]')).to_be_focused()
    press(page, "/ s d x")
    expect(page.get_by_label("Search titles and ids")).to_have_value("sdx")
    expect(page.locator("#decided")).to_have_text("No decisions yet")
    page.goto(f"{report.as_uri()}/groups.html")
    page.locator(".group").first.wait_for()
    press(page, "j j Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Group 2")
    press(page, "j")
    expect(page.get_by_role("heading", level=1)).to_have_text("Group 3")


def test_arrows_move_in_the_table_of_pairs(context: BrowserContext, report: Path, groups: Groups):
    page = go(context, report, "group.html#1")
    page.locator('.matrix button[tabindex="0"]').focus()
    press(page, "ArrowDown ArrowRight")  # from 1-2 over the diagonal to 3-2, on to 3-4
    expect(page.locator(".matrix button:focus")).to_have_attribute("aria-label", re.compile("^3 and 4"))
    assert page.locator('.matrix button[tabindex="0"]').count() == 1
    press(page, "Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_dark_follows_the_system_until_somebody_chooses(browser: Browser, report: Path):
    shade = "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]"
    with watched(browser, color_scheme="dark") as context:
        page = go(context, report, "index.html")
        assert page.evaluate(shade) < 60
        page.get_by_role("button", name="Dark colours").click()
        assert page.evaluate(shade) > 200
        assert go(context, report, "groups.html").evaluate(shade) > 200


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits(browser: Browser, report: Path, groups: Groups, scheme: str, size: dict):
    with watched(browser, color_scheme=scheme, viewport=size) as context:
        page = go(context, report, "groups.html")
        press(page, "j x j s j d")  # marked cards have colours of their own
        for address in ("index.html", "groups.html", "group.html#1", "group.html#1/weakest"):
            page = go(context, report, address)
            assert find_violations(page) == [], address
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], f"{address} is too wide"
