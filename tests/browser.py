"""Chromium for tests of pages: watched, so that no test passes over an error, or a request that leaves the disk."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def find_chromium() -> str:
    """The path of a Chromium; skips the test, saying so, where there is none."""
    named = os.environ.get("KEMBAR_CHROMIUM") or next(filter(shutil.which, ("chromium", "chromium-browser")), None)
    path = shutil.which(named) if named else None
    if not path:
        pytest.skip("no Chromium: scripts/find-chromium.sh installs or finds one")
    return path


@contextmanager
def launch() -> Iterator[Browser]:
    """A headless Chromium. As root, as in most containers, it runs without its sandbox, which root may not use."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, **options: object) -> Iterator[BrowserContext]:
    """A fresh context, without marks; afterwards no page of it may have erred or asked for anything but files."""
    context = browser.new_context(**{"viewport": DESKTOP, "accept_downloads": True} | options)
    context.set_default_timeout(10_000)
    faults: list[str] = []
    context.on("console", lambda message: message.type in {"error", "warning"} and faults.append(message.text))
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on(
        "request", lambda r: r.url.startswith(("file:", "blob:", "data:")) or faults.append(f"asked for {r.url}")
    )
    # a page that is left while photos are on their way aborts them
    context.on("requestfailed", lambda r: "ABORTED" in (r.failure or "") or faults.append(f"not there: {r.url}"))
    yield context
    context.close()
    assert not faults, faults


def find_violations(page: Page) -> list[str]:
    """What axe-core finds on a page of what it calls serious or critical. It may not fetch: the pages forbid it."""
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run({ preload: false })).violations")
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]
