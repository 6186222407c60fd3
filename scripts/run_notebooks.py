"""Run the notebooks from top to bottom on the demo's result and keep their outputs: python scripts/run_notebooks.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"


@contextmanager
def running_kernel() -> Iterator[KernelManager]:
    """One kernel, and so one Spark session, for all notebooks."""
    kernel = KernelManager(kernel_name="python3")
    kernel.start_kernel(cwd=str(FOLDER))
    try:
        yield kernel
    finally:
        kernel.shutdown_kernel(now=True)


def run_notebook(path: Path, kernel: KernelManager) -> nbformat.NotebookNode:
    """The notebook with its outputs; it starts with no name that another one left."""
    notebook = nbformat.read(path, as_version=4)
    reset = nbformat.v4.new_code_cell("%reset -f")
    notebook.cells.insert(0, reset)
    NotebookClient(notebook, km=kernel, timeout=300, record_timing=False).execute()
    notebook.cells.pop(0)
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
        _quieten(cell, number)
    return notebook


def _quieten(cell: nbformat.NotebookNode, number: int) -> None:
    """Numbers from 1 on, and no log of Spark's: what is committed should change only where the result does."""
    cell.execution_count = number
    cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
    for each in cell.outputs:
        if "execution_count" in each:
            each["execution_count"] = number


def main() -> None:
    with running_kernel() as kernel:
        for path in sorted(FOLDER.glob("*.ipynb")):
            nbformat.write(run_notebook(path, kernel), path)
            print(path.name)


if __name__ == "__main__":
    main()
