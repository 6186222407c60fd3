"""The Python API for notebooks, from signatures and docstrings."""

import inspect
import re

import kembar
from kembar import analysis as results

_WIDE = 80
_OF_NOTEBOOKS = ("Result", "Evidence", "Judgement", "BlockStudy", "Learnt", "Gallery", "RunPlaces")


def python_page() -> str:
    """Functions, then the objects that they give."""
    functions = sorted(name for name in kembar.__all__ if inspect.isfunction(getattr(kembar, name)))
    lines = [
        "# Python",
        "",
        "For notebooks and scripts; `from kembar import read_matches` and so on. What reads tables takes the Spark "
        "session that `get_session` gives. How it looks in use is in [Notebooks](../howto/notebooks.md).",
    ]
    for name in functions:
        lines += ["", f"## {name}", "", *_described(name, getattr(kembar, name))]
    for name in _OF_NOTEBOOKS:
        kind = getattr(results, name)
        lines += ["", f"## {name}", "", _prose(inspect.getdoc(kind) or ""), ""]
        for member, value in inspect.getmembers(kind):
            if not member.startswith("_") and member in vars(kind):
                lines += _member(member, value)
    return "\n".join(lines) + "\n"


def _member(name: str, value: object) -> list[str]:
    if isinstance(value, property) and inspect.getdoc(value):
        return [f"### .{name}", "", _prose(inspect.getdoc(value) or ""), ""]
    if inspect.isfunction(value) and inspect.getdoc(value):
        return [f"### .{name}", "", *_described(name, value)]
    return []


def _described(name: str, function: object) -> list[str]:
    signature = str(inspect.signature(function))  # type: ignore[arg-type]
    short = re.sub(r"([a-z_]+\.)+(\w+)", r"\2", signature.replace("self, ", "").replace("(self)", "()"))
    call = name + re.sub(r"'([A-Z]\w+)'", r"\1", short)
    if len(call) > _WIDE:
        call = re.sub(r", (?=\w+:)", ",\n    ", call).replace("(", "(\n    ", 1).replace(") ->", ",\n) ->")
    return ["```python", call, "```", "", _prose(inspect.getdoc(function) or ""), ""]


def _prose(text: str) -> str:
    """A docstring as Markdown: examples as code, `Raises:` in bold, the paragraphs as they are."""
    parts = []
    for part in text.replace("Raises:\n", "**Raises**\n\n").split("\n\n"):
        if part.lstrip().startswith(">>>"):
            parts.append(f"```pycon\n{part}\n```")
        else:
            parts.append("\n".join(line.strip() for line in part.splitlines()))
    return "\n\n".join(parts)
