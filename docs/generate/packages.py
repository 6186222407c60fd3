"""The packages, what each is for and which imports which: read from the folders and the imports.

python -m docs.generate.packages writes them into the page on the architecture.
"""

import ast
import re
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
LIB = ROOT / "lib" / "kembar"
Arrow = tuple[str, str]
JOBS, UDFS, BASICS = "jobs", "udfs", "basics"
_BASICS = "Errors, schemas, the array types and the Spark session: the modules at the root of `lib/kembar`."
_TABLE = re.compile(r"(<!-- packages -->\n).*?(<!-- end of packages -->)", re.DOTALL)
_ARROWS = re.compile(r"```arrows\n(.*?)```", re.DOTALL)


def packages() -> dict[str, tuple[str, str]]:
    """Where each package lies and what it is for, by its name: the first sentence of its docstring."""
    found = {path.parent.name: path for path in LIB.glob("*/__init__.py")}
    told = {name: (f"lib/kembar/{name}/", _first_sentence(path)) for name, path in sorted(found.items())}
    return {
        JOBS: ("jobs/", "One file for each job: parse, read, call, write."),
        UDFS: ("udfs/", _first_sentence(ROOT / "udfs" / "__init__.py")),
        **told,
        BASICS: ("lib/kembar/*.py", _BASICS),
    }


def _first_sentence(path: Path) -> str:
    return " ".join((ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")[0].split())


def arrows() -> set[Arrow]:
    """Which package imports which, lazy imports included; the package `kembar` itself only hands names on."""
    graph = grimp.build_graph("kembar", "udfs", cache_dir=None)
    found = {
        (_package(module), _package(other))
        for module in graph.modules - {"kembar"}
        for other in graph.find_modules_directly_imported_by(module)
    }
    found |= {(JOBS, _package(module)) for module in _imported_by_jobs()}
    return {(left, right) for left, right in found if left != right}


def _imported_by_jobs() -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "jobs").glob("*.py")]
    froms = [node.module for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {module for module in froms if module and module.split(".")[0] in ("kembar", "udfs")}


def _package(module: str) -> str:
    root, *rest = module.split(".")
    if root != "kembar":
        return root
    return rest[0] if rest and (LIB / rest[0]).is_dir() else BASICS


def in_layers(found: set[Arrow]) -> list[str]:
    """The packages, each before those that it imports; jobs first, of others the first by name."""
    left, ordered = set(packages()), []
    while left:
        free = [name for name in left if not any(other in left and right == name for other, right in found)]
        ordered.append(first := min(free, key=lambda name: (name != JOBS, name)))
        left.remove(first)
    return ordered


def write_packages(page: str) -> str:
    """The page with its table and its list of arrows as they are now."""
    told, found = packages(), arrows()
    order = in_layers(found)
    rows = "\n".join(f"| `{told[name][0]}` | {told[name][1]} |" for name in order)
    lines = [f"{name} -> {', '.join(p for p in order if (name, p) in found)}" for name in order]
    listed = "\n".join(line for line in lines if not line.endswith("-> "))
    page = _TABLE.sub(lambda block: f"{block[1]}| folder | what it is for |\n|---|---|\n{rows}\n{block[2]}", page)
    return _ARROWS.sub(lambda _: f"```arrows\n{listed}\n```", page)


def arrows_on_page(page: str) -> set[Arrow]:
    """Which packages import which, by the page."""
    block = _ARROWS.search(page)
    told = [line.partition(" -> ") for line in (block[1].strip().splitlines() if block else [])]
    return {(left, right) for left, _, many in told for right in many.split(", ") if right}


if __name__ == "__main__":
    PAGE.write_text(write_packages(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
