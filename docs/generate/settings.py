"""The settings: what conf/kembar.toml says of each, and what the dataclasses allow."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from kembar.config import Settings

FILE = Path(__file__).parent.parent.parent / "conf" / "kembar.toml"
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_LARGEST = 2**31 - 1
_KINDS = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text"}


def allowed(schema: dict[str, Any]) -> str:
    """What a setting may be, from its JSON schema, in words.

    >>> allowed({"type": "integer", "minimum": 1})
    'whole number ≥ 1'
    >>> allowed({"anyOf": [{"const": "bundle", "type": "string"}, {"type": "number", "minimum": 0, "maximum": 1}]})
    '`"bundle"`, or number ≥ 0 ≤ 1'
    """
    if "anyOf" in schema:
        return ", or ".join(allowed(each) for each in schema["anyOf"])
    if choices := schema.get("enum", [schema["const"]] if "const" in schema else None):
        return ", ".join(f"`{json.dumps(choice)}`" for choice in choices)
    if schema["type"] == "array":
        return f"list of {allowed(schema['items'])}"
    # That a number fits 32 bits is no news to a reader.
    bounds = [f"{sign} {schema[key]:g}" for key, sign in _BOUNDS.items() if key in schema and schema[key] < _LARGEST]
    return " ".join([_KINDS[schema["type"]], *bounds])


def read_comments(text: str) -> dict[str, dict[str, tuple[str, str]]]:
    """Comment and default of each key, by section, as the file has them."""
    sections: dict[str, dict[str, tuple[str, str]]] = {}
    comment: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            mine = sections.setdefault(line.strip("[]"), {})
            comment = []
        elif line.startswith("#"):
            comment.append(line.lstrip("# "))
        elif "=" in line:
            key, _, value = line.partition(" = ")
            mine[key] = (" ".join(comment), value)
            comment = []
        else:
            comment = []
    return sections


def settings_page() -> str:
    """A table for each section."""
    schema = TypeAdapter(Settings).json_schema()
    lines = [
        "# Settings",
        "",
        "All defaults are in `conf/kembar.toml`. Put what you change into a file for `--config`, or change one with "
        "`--set section.key=value`; both can be given, and `--set` wins. Settings are checked as a whole before Spark "
        "starts, and an error names the key, what was expected, what was received, and which keys there are.",
    ]
    for section, keys in read_comments(FILE.read_text(encoding="utf-8")).items():
        name = schema["properties"][section]["$ref"].rsplit("/", 1)[1]
        known = schema["$defs"][name]["properties"]
        lines += ["", f"## {section}", "", "| key | default | may be | |", "|---|---|---|---|"]
        for key, (comment, default) in keys.items():
            lines.append(f"| `{key}` | `{default}` | {allowed(known[key])} | {comment.replace('|', '&#124;')} |")
    return "\n".join(lines) + "\n"
