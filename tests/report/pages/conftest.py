"""A report in a browser, made once for all tests of its pages."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser import launch, watched
from tests.report.pages.pages import Groups
from tests.reports import small_run, write_small_report


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with launch() as browser:
        yield browser


@pytest.fixture(scope="package")
def report(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    run, _ = small_run(folder / "catalogue", listings=150)
    return write_small_report(folder, run)[0].parent


@pytest.fixture(scope="package")
def groups(report: Path) -> Groups:
    text = (report / "data" / "groups-0.js").read_text(encoding="utf-8")
    return json.loads(text[text.index(",") + 1 : text.rindex(")")])


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with watched(browser) as context:
        yield context
