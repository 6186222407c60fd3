"""The notebooks as pages, with the outputs that were kept in them."""

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent.parent / "notebooks"
_LINK = re.compile(r"\((\d\d_\w+)\.ipynb\)")


def notebook_pages() -> dict[str, str]:
    """Markdown by the path of its page."""
    return {f"notebooks/{path.stem}.md": as_markdown(path) for path in sorted(FOLDER.glob("*.ipynb"))}


def as_markdown(path: Path) -> str:
    """Cells one after the other."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    parts = [part for cell in cells for part in _cell(cell)]
    return "\n\n".join(parts) + f"\n\nThis is `notebooks/{path.name}`.\n"


def _cell(cell: dict[str, Any]) -> list[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return [_LINK.sub(r"(\1.md)", source)]
    return [f"```python\n{source}\n```", *(_output(each) for each in cell["outputs"])]


def _output(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        # Markdown would take an indented or blank line for its own.
        flat = " ".join(line.strip() for line in "".join(data["text/html"]).splitlines())
        return f'<div class="kembar-output">{flat}</div>'
    if "image/png" in data:
        alt = "".join(data.get("text/plain", "")).removeprefix("Chart: ").replace('"', "&quot;")
        picture = "".join(data["image/png"]).replace("\n", "")
        return f'<div class="kembar-output"><img alt="{alt}" src="data:image/png;base64,{picture}"></div>'
    text = "".join(output.get("text", data.get("text/plain", "")))
    return f"```text\n{text.rstrip()}\n```"
