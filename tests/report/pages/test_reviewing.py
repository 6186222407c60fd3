"""The report's pages in a browser, from disk: an analyst corrects what is wrong, and saves it."""

import re
from itertools import combinations
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, expect

from kembar.listings.decisions import read_decisions
from tests.browser import watched
from tests.report.pages.pages import Groups, between, go, ids, pairs, press, saved
from tests.reports import small_run, write_small_report


def test_a_review_by_keyboard_is_saved_as_it_was_meant(
    context: BrowserContext, report: Path, groups: Groups, tmp_path: Path
):
    """Group 1 is split, group 2 the same, of group 3 the first listing is set apart and the rest the same, group 4 is
    all different, and a decision on group 5 is taken back."""
    page = go(context, report, "groups.html?size=3-5")
    numbers = [n for n, group in enumerate(groups) if 3 <= len(group["listings"]) <= 5]
    split, same, apart, different, undone = (groups[n] for n in numbers[:5])
    press(page, "j x j s")
    expect(page.locator(f'[data-number="{numbers[2]}"]')).to_be_focused()
    press(page, "1 s d s u")
    expect(page.locator(f'[data-number="{numbers[1]}"] .state')).to_have_text("Same product")
    expect(page.locator(f'[data-number="{numbers[0]}"] .state')).to_have_text("Split")
    members = ids(split)
    expected = between(members[: split["seam"]], members[split["seam"] :], "different")
    expected |= pairs(ids(same), "same")
    expected |= between(ids(apart)[:1], ids(apart)[1:], "different") | pairs(ids(apart)[1:], "same")
    expected |= pairs(ids(different), "different")
    assert not any(pair in expected for pair in pairs(ids(undone), "same"))
    assert saved(page, tmp_path) == expected
    expect(page.locator("#decided")).to_have_text(f"{len(expected)} pairs decided")


def test_a_review_by_mouse_is_saved_as_it_was_meant(
    context: BrowserContext, report: Path, groups: Groups, tmp_path: Path
):
    page = go(context, report, "group.html#1")
    members, group = ids(groups[0]), page.locator("#group")
    group.get_by_role("button", name="Listing 2: not this one").click()
    expect(group.get_by_role("button", name="Listing 2: not this one")).to_have_attribute("aria-pressed", "true")
    group.get_by_role("button", name="Same product").click()
    rest = [member for member in members if member != members[1]]
    expected = between([members[1]], rest, "different") | pairs(rest, "same")
    first = groups[0]["border"][0]
    page.locator("#outside").get_by_role("button", name="Belongs here").first.click()
    outsider = groups[0]["outside"][first[1]][0]
    assert saved(page, tmp_path) == expected | between([members[first[0]]], [outsider], "same")
    group.get_by_role("button", name="Listing 2: not this one").click()
    assert saved(page, tmp_path) == pairs(rest, "same") | between([members[first[0]]], [outsider], "same")


def test_a_pair_is_decided_from_close_by_with_a_note(
    context: BrowserContext, report: Path, groups: Groups, tmp_path: Path
):
    """Keys walk from the least likely pair on; a note with quotes, commas and a line break comes back whole."""
    page = go(context, report, "group.html#1")
    order = sorted(groups[0]["pairs"], key=lambda row: row[3])
    press(page, "c d s k")
    names = [tuple(sorted(ids(groups[0])[k] for k in row[:2])) for row in order[:2]]
    page.get_by_label("Note").fill('isi "2", bukan 1')
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("dialog#pair")).not_to_be_visible()
    assert saved(page, tmp_path) == {names[0]: "different", names[1]: "same"}
    notes = {
        (r["posting_id_l"], r["posting_id_r"]): r["note"]
        for r in read_decisions(str(tmp_path / "decisions.csv")).to_pylist()
    }
    assert notes == {names[0]: None, names[1]: 'isi "2", bukan 1'}


def test_a_file_is_loaded_to_go_on_and_the_later_decision_wins(
    browser: Browser, report: Path, groups: Groups, tmp_path: Path
):
    members = ids(groups[2])
    rows = [f"{a},{b},same,2026-01-01T00:00:00Z,why" for a, b in combinations(members, 2)]
    file = tmp_path / "decisions.csv"
    file.write_text("posting_id_l,posting_id_r,decision,reviewed_at,note\n" + "\n".join(rows) + "\n")
    with watched(browser) as context:
        page = go(context, report, "groups.html")
        page.locator("#file").set_input_files(file)
        expect(page.locator('[data-number="2"] .state')).to_have_text("Same product")
        page.locator('[data-number="2"]').get_by_role("button", name=re.compile("ifferent")).click()
        page.locator("#file").set_input_files(file)
        expect(page.locator("#said")).to_contain_text("0 pairs loaded")
        assert saved(page, tmp_path / "new") == pairs(members, "different")
        page.keyboard.press("u")
        expect(page.locator('[data-number="2"] .state')).to_have_text("Same product")
        file.write_text("posting_id_l,posting_id_r,decision\na,b,same\na,b,perhaps\n")
        page.locator("#file").set_input_files(file)
        expect(page.locator("#said")).to_contain_text('row 3: decision is "perhaps", expected same or different')
        assert saved(page, tmp_path / "after") == pairs(members, "same")


def test_marks_outlive_the_page_and_belong_to_their_run(context: BrowserContext, report: Path, groups: Groups):
    page = go(context, report, "groups.html")
    press(page, "j s")
    count = f"{len(pairs(ids(groups[0]), 'same'))} pairs decided"
    expect(page.locator("#decided")).to_have_text(re.compile(count.replace("pairs", "pairs?")))
    again = go(context, report, "index.html")
    expect(again.locator('[data-number="0"] .state')).to_have_text("Same product")
    again.get_by_role("link", name="Groups", exact=True).click()
    again.get_by_label("Reviewed", exact=True).select_option("yes")
    expect(again.locator(".group h2")).to_have_text(["Group 1"])
    other = report.parent / "other"
    if not other.exists():
        run, _ = small_run(report.parent / "other-catalogue" / "catalogue", listings=40)
        write_small_report(report.parent / "other-catalogue", run, "report")
        (report.parent / "other-catalogue" / "report").rename(other)
    expect(go(context, other, "index.html").locator("#decided")).to_have_text("No decisions yet")
