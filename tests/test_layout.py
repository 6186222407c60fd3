"""The arrows of the design: jobs use udfs and lib, udfs use lib, lib uses neither; a job reads like its summary."""

import ast
from pathlib import Path

import networkx as nx
import pytest

from docs.generate.modules import PAGE, arrows_between, arrows_on_page, import_arrows, modules, part_of, parts_on_page

ROOT = Path(__file__).parent.parent
JOBS = sorted((ROOT / "jobs").glob("*.py"))


def imported(path: Path) -> set[str]:
    """Top-level names of all modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize(
    "folder, forbidden", [("lib", {"jobs", "udfs"}), ("udfs", {"jobs"}), ("jobs", {"jobs", "tests"})]
)
def test_arrows_point_one_way(folder: str, forbidden: set[str]):
    wrong = {str(path): imported(path) & forbidden for path in (ROOT / folder).rglob("*.py")}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_there_are_the_jobs_of_the_contract():
    assert {path.stem for path in JOBS} == {"triplets", "train", "encode", "match", "evaluate", "report", "review"}


def test_no_two_modules_import_each_other():
    """Nor any circle of them, when they are imported; what a function imports when it is called may close one."""
    assert list(nx.simple_cycles(nx.DiGraph(sorted(import_arrows(at_import=True))))) == []


def test_no_two_parts_import_each_other_even_on_demand():
    arrows = arrows_between(parts_on_page(PAGE.read_text(encoding="utf-8")))
    assert list(nx.simple_cycles(nx.DiGraph(sorted(arrows)))) == []


def test_the_page_on_the_architecture_has_every_module_once():
    parts = parts_on_page(PAGE.read_text(encoding="utf-8"))
    homeless = [module for module in modules() if part_of(module, parts) is None]
    assert homeless == [], f"name them in {PAGE}"
    names = [name for listed in parts.values() for name in listed]
    assert len(names) == len(set(names))
    known = {module.removeprefix("kembar.") for module in modules()} | {"jobs/", "udfs/"}
    assert set(names) <= known


def test_the_pages_arrows_are_those_of_the_imports():
    """`python -m docs.generate.modules` prints them as they should be."""
    page = PAGE.read_text(encoding="utf-8")
    told, found = arrows_on_page(page), arrows_between(parts_on_page(page))
    assert sorted(told - found) == []
    assert sorted(found - told) == []


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)
def test_a_job_fits_on_a_page(path: Path):
    assert len(path.read_text().splitlines()) <= 80


def test_match_never_loads_tensorflow():
    """Nor does anything that it imports from kembar, at import time."""
    seen, todo = set(), [ROOT / "jobs" / "match.py"]
    while todo:
        path = todo.pop()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                assert not {a.name.split(".")[0] for a in node.names} & {"tensorflow", "keras"}, path
            elif isinstance(node, ast.ImportFrom) and node.module:
                assert node.module.split(".")[0] not in {"tensorflow", "keras"}, path
                parts = node.module.split(".")
                base = ROOT / "lib" if parts[0] == "kembar" else ROOT
                for file in (base.joinpath(*parts).with_suffix(".py"), base.joinpath(*parts) / "__init__.py"):
                    if parts[0] in {"kembar", "udfs"} and file.exists() and file not in seen:
                        seen.add(file)
                        todo.append(file)
    assert len(seen) > 15
