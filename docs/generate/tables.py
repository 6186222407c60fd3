"""The tables that travel between jobs, from lib/kembar/schemas.py and what it says of each."""

import ast
from itertools import pairwise
from pathlib import Path

from pyspark.sql.types import StructType

from kembar import schemas

FILE = Path(schemas.__file__)


def described_tables() -> dict[str, tuple[StructType, str]]:
    """Schema and description of each table: the text below its assignment, as the module has it."""
    body = ast.parse(FILE.read_text(encoding="utf-8")).body
    found = {}
    for node, after in pairwise(body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            schema = getattr(schemas, node.targets[0].id)
            if isinstance(schema, StructType):
                is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                found[node.targets[0].id] = (schema, str(after.value.value) if is_text else "")
    return found


def tables_page() -> str:
    """A section for each table."""
    lines = [
        "# Tables",
        "",
        "Each is a folder of Parquet files. Which files are current says `manifest.json` beside the folder; "
        "`kembar.storage.files.read_table` reads by it, so that a reader sees a run whole or not at all.",
    ]
    for name, (schema, text) in described_tables().items():
        words = " ".join(text.split())
        lines += ["", f"## {name.lower()}", "", words, "", "| column | type |", "|---|---|"]
        lines += [f"| `{field.name}` | `{field.dataType.simpleString()}` |" for field in schema]
    return "\n".join(lines) + "\n"
