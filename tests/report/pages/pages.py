"""What the tests of the report's pages do on them, and what they expect of decisions."""

import re
from itertools import combinations
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from kembar.listings.decisions import read_decisions

Groups = list[dict]


def go(context: BrowserContext, report: Path, address: str) -> Page:
    page = context.new_page()
    page.goto(f"{report.as_uri()}/{address}")
    ready = {"index": ".group", "groups": ".group", "group": "#group .group"}[re.split(r"[.?#]", address)[0]]
    page.locator(ready).first.wait_for()
    return page


def ids(group: dict) -> list[str]:
    return [listing[0] for listing in group["listings"]]


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def saved(page: Page, folder: Path) -> dict[tuple[str, str], str]:
    """What a click on Save writes, as the Python side reads it."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Save decisions").click()
    assert download.value.suggested_filename == "decisions.csv"
    download.value.save_as(folder / "decisions.csv")
    rows = read_decisions(str(folder / "decisions.csv")).to_pylist()
    assert all(row["reviewed_at"] for row in rows)
    return {(row["posting_id_l"], row["posting_id_r"]): row["decision"] for row in rows}


def pairs(members: list[str], decision: str) -> dict[tuple[str, str], str]:
    return dict.fromkeys((tuple(sorted(pair)) for pair in combinations(members, 2)), decision)


def between(some: list[str], others: list[str], decision: str) -> dict[tuple[str, str], str]:
    return dict.fromkeys((tuple(sorted((a, b))) for a in some for b in others), decision)
