"""The notebooks run from top to bottom on the result of the jobs, import from kembar alone and define nothing."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import KernelManager

from scripts.run_notebooks import run_notebook, running_kernel
from tests.submit import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def kernel(folder: Path, encoded: Path, matched: Path, bundle: Path) -> Iterator[KernelManager]:
    """One kernel, and so one Spark session, for all; it sees the run that the tests of the jobs made."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KEMBAR_RUN", str(folder))
        environment.setenv("KEMBAR_BUNDLE", str(bundle))
        with running_kernel() as started:
            yield started


def test_there_are_five_and_they_are_numbered():
    assert [path.name[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, kernel: KernelManager):
    notebook = run_notebook(path, kernel)
    shown = [o.get("data", {}) for cell in notebook.cells for o in cell.get("outputs", [])]
    assert sum("image/png" in data or "data:image/jpeg" in data.get("text/html", "") for data in shown) >= 2


def code_of(path: Path) -> list[ast.AST]:
    notebook = nbformat.read(path, as_version=4)
    return [node for c in notebook.cells if c.cell_type == "code" for node in ast.walk(ast.parse(c.source))]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_imports_kembar_alone_and_never_defines(path: Path):
    nodes = code_of(path)
    assert [node for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda | ast.Import)] == []
    assert {node.module for node in nodes if isinstance(node, ast.ImportFrom)} == {"kembar"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_outputs_are_committed_and_without_errors(path: Path):
    notebook = json.loads(path.read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] for cell in cells)
    assert {out["output_type"] for cell in cells for out in cell["outputs"]} <= {"execute_result", "stream"}
