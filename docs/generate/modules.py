"""Who imports whom: read from the code, beside what the page on the architecture says.

python -m docs.generate.modules prints the arrows as that page should list them.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
Arrow = tuple[str, str]
_PART = re.compile(r"^\| ([\w ]+) \| (`.+`) \|", re.MULTILINE)
_BLOCK = re.compile(r"```arrows\n(.*?)```", re.DOTALL)


def modules() -> dict[str, Path]:
    """Every module of jobs, udfs and lib, with its file."""
    files = [path.relative_to(ROOT) for folder in ("jobs", "udfs") for path in (ROOT / folder).glob("*.py")]
    found = {".".join(path.with_suffix("").parts): ROOT / path for path in files}
    lib = {path.relative_to(ROOT / "lib"): path for path in (ROOT / "lib").rglob("*.py")}
    found |= {".".join(short.with_suffix("").parts): path for short, path in lib.items()}
    return {name.removesuffix(".__init__"): path for name, path in sorted(found.items())}


def imports_of(path: Path, known: set[str], at_import: bool) -> set[str]:
    """The modules that a file imports: wherever in it, or only when it is imported itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes: Iterator[ast.AST] = iter(tree.body) if at_import else ast.walk(tree)
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= (inner & known) or {node.module}
    return names & known


def import_arrows(at_import: bool = False) -> set[Arrow]:
    """Importer and imported, as modules. The package itself, whose imports are on demand, imports nothing here."""
    found = modules()
    return {
        (name, other)
        for name, path in found.items()
        if name != "kembar"
        for other in imports_of(path, set(found), at_import) - {name}
    }


def parts_on_page(page: str) -> dict[str, list[str]]:
    """The parts of the page's table, with their modules and packages as it writes them."""
    return {name: re.findall(r"`([^`]+)`", listed) for name, listed in _PART.findall(page)}


def part_of(module: str, parts: dict[str, list[str]]) -> str | None:
    """The part that names a module, or the nearest package around it."""
    short = module.removeprefix("kembar.") if module.startswith("kembar") else f"{module.partition('.')[0]}/"
    while short:
        for part, names in parts.items():
            if short in names:
                return part
        short = short.rpartition(".")[0]
    return None


def arrows_between(parts: dict[str, list[str]]) -> set[Arrow]:
    """Which parts import which, by the code."""
    placed = {module: part_of(module, parts) or module for module in modules()}
    arrows = {(placed[left], placed[right]) for left, right in import_arrows()}
    return {(left, right) for left, right in arrows if left != right}


def arrows_on_page(page: str) -> set[Arrow]:
    """Which parts import which, by the page."""
    block = _BLOCK.search(page)
    lines = block[1].strip().splitlines() if block else []
    told = [line.partition(" -> ") for line in lines]
    return {(left, right) for left, _, many in told for right in many.split(", ") if right}


def list_arrows(arrows: set[Arrow], order: list[str]) -> str:
    """The arrows as the page has them, a line for each part."""
    lines = []
    for part in order:
        targets = [other for other in order if (part, other) in arrows]
        lines += [f"{part} -> {', '.join(targets)}"] if targets else []
    return "\n".join(lines)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    print(list_arrows(arrows_between(parts_on_page(text)), list(parts_on_page(text))))
