"""Pages that live beside what they are about, and are shown on the site as they are."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_ELSEWHERE = {
    "explanation/decisions.md": "DECISIONS.md",
    "reference/changes.md": "CHANGELOG.md",
    "reference/security.md": "SECURITY.md",
    "reference/shipped-bundle.md": "lib/kembar/default_bundle/README.md",
}
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://|#|mailto:)([^)]+)\)")


def included_pages() -> dict[str, str]:
    """Markdown by the path of its page. A link to a file that is no page becomes the file's name."""
    pages = {path: ROOT / source for path, source in _ELSEWHERE.items()}
    pages |= {f"benchmarks/{path.name}": path for path in sorted((ROOT / "benchmarks").glob("*.md"))}
    return {page: unlink(source.read_text(encoding="utf-8"), page, set(pages)) for page, source in pages.items()}


def unlink(markdown: str, page: str, pages: set[str]) -> str:
    """Keep links to pages beside this one, and turn others into text.

    >>> unlink("[a](b.md) [c](d.py)", "x/y.md", {"x/b.md"})
    '[a](b.md) c (`d.py`)'
    """

    def kept(link: re.Match[str]) -> str:
        folder = page.rpartition("/")[0]
        target = link[2].split("#")[0]
        return link[0] if f"{folder}/{target}" in pages else f"{link[1]} (`{link[2]}`)"

    return _LINK.sub(kept, markdown)
