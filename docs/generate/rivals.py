"""The rows of benchmarks/rivals.md that the comparison shows, so that its figures are nobody's memory."""

from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "benchmarks" / "rivals.md"
_GAP = "{rivals}"


def read_scores(page: str) -> list[dict[str, str]]:
    """F1 with its interval by contestant, of each table of the page in order."""
    tables = []
    for section in page.split("\n## ")[1:]:
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "|" in line]
        tables.append({row[0]: f"{row[1]} ({row[2]})" for row in rows[2:]})
    return tables


def fill_rivals(markdown: str) -> str:
    """The comparison with its rows in place."""
    alone, among = read_scores(PAGE.read_text(encoding="utf-8"))
    rows = [f"| {name} | {score} | {among.get(name, 'not ended')} |" for name, score in alone.items()]
    return markdown.replace(_GAP, "\n".join(rows))
