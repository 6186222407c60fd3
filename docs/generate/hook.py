"""MkDocs calls this at every build: it adds the pages that are made from code, and those that live elsewhere."""

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "lib")]

from docs.generate.architecture import draw_arrows  # noqa: E402
from docs.generate.bundle import bundle_page  # noqa: E402
from docs.generate.included import included_pages  # noqa: E402
from docs.generate.jobs import jobs_page  # noqa: E402
from docs.generate.notebooks import notebook_pages  # noqa: E402
from docs.generate.python import python_page  # noqa: E402
from docs.generate.rivals import fill_rivals  # noqa: E402
from docs.generate.settings import settings_page  # noqa: E402
from docs.generate.tables import tables_page  # noqa: E402

OPTIONAL = {"cluster.md": "A cluster, step by step"}
"""Pages under docs/ that may be there, and their place under How to."""


def generated_pages() -> dict[str, str]:
    """Markdown by the path of its page."""
    return {
        "reference/jobs.md": jobs_page(),
        "reference/settings.md": settings_page(),
        "reference/tables.md": tables_page(),
        "reference/bundle.md": bundle_page(),
        "reference/python.md": python_page(),
        **included_pages(),
        **notebook_pages(),
    }


def named_apart(pages: dict[str, str]) -> list[list[tuple[str, str]]]:
    """Navigation entries of pages; where two have one heading, the file's name stands behind it.

    >>> named_apart({"x/a.md": "# One", "x/b.md": "# One", "x/c.md": "# Two"})
    [[('One (a)', 'x/a.md')], [('One (b)', 'x/b.md')], [('Two', 'x/c.md')]]
    """
    headings = {path: text.split("\n", 1)[0].lstrip("# ") for path, text in pages.items()}
    often = Counter(headings.values())
    titles = {path: f"{h} ({Path(path).stem})" if often[h] > 1 else h for path, h in sorted(headings.items())}
    return [[(title, path)] for path, title in titles.items()]


def on_config(config: Any) -> Any:
    """Benchmarks and notebooks get an entry for each file there is."""
    sections = {name: pages for entry in config.nav for name, pages in entry.items()}
    for name, title in OPTIONAL.items():
        if (ROOT / "docs" / name).exists():
            sections["How to"].append({title: name})
    pages = generated_pages()
    for title, folder in (("Measured", "benchmarks/"), ("Notebooks", "notebooks/")):
        config.nav.append(
            {title: list(map(dict, named_apart({p: t for p, t in pages.items() if p.startswith(folder)})))}
        )
    config.extra["pages"] = pages
    return config


def on_files(files: Files, config: Any) -> Files:
    for path, text in config.extra.pop("pages").items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Pages that are written by hand but for a part: the picture of the architecture, the figures of rivals."""
    parts = {"explanation/architecture.md": draw_arrows, "comparison.md": fill_rivals}
    return parts.get(page.file.src_uri, str)(markdown)
