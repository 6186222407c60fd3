"""The shape of the code: what lies where, and a job that fits on a page. Imports are checked by import-linter."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from docs.generate.packages import PAGE, write_packages

ROOT = Path(__file__).parent.parent
JOBS = sorted((ROOT / "jobs").glob("*.py"))


def test_there_are_the_jobs_of_the_contract():
    named = {"triplets", "train", "encode", "match", "score", "evaluate", "report", "review"}
    assert {path.stem for path in JOBS} == named


def test_the_root_of_the_library_holds_basics_alone():
    basics = {"__init__", "errors", "schemas", "session", "types"}
    assert {path.stem for path in (ROOT / "lib" / "kembar").glob("*.py")} == basics


def test_no_two_modules_bear_one_name():
    """But for packages' own __init__ and the files of jobs, which bear the names of the contract."""
    files = [p for folder in ("lib", "udfs") for p in (ROOT / folder).rglob("*.py") if not p.stem.startswith("__")]
    counts = Counter(path.stem for path in files)
    assert {name: count for name, count in counts.items() if count > 1} == {}


def test_only_jobs_and_stages_make_a_session():
    """`kembar.session` is where it is made, and notebooks may ask the package for it."""
    users = {path.relative_to(ROOT) for path in ROOT.glob("lib/**/*.py") if "import get_session" in path.read_text()}
    assert {user.parts[2] for user in users} <= {"__init__.py", "stages", "cli", "analysis"}


def test_the_page_on_the_architecture_is_that_of_the_folders():
    page = PAGE.read_text(encoding="utf-8")
    assert write_packages(page) == page, "python -m docs.generate.packages"


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
