"""Which tests one of two processes runs, so that what they share is made once."""

from xdist.scheduler import LoadScopeScheduling

CHAIN_MODULES = {
    "tests/analysis/test_judgement.py",
    "tests/docs/test_notebooks.py",
    "tests/index/test_query_expansion.py",
    "tests/jobs/test_daily.py",
    "tests/jobs/test_jobs.py",
    "tests/jobs/test_report.py",
    "tests/jobs/test_security.py",
}
"""The modules that use the bundle, or a result of the jobs with it, which take minutes to make."""
ONE_PACKAGE = "tests/report/pages"
"""A folder whose modules share a browser and a report."""


def group_of(nodeid: str) -> str:
    """The group of a test: its module, unless that shares fixtures with others."""
    module = nodeid.split("::")[0]
    if module in CHAIN_MODULES:
        return "chain"
    return ONE_PACKAGE if module.startswith(ONE_PACKAGE) else module


class ByFixtures(LoadScopeScheduling):
    """Gives a group to a process as a whole. pytest-xdist's marks have no effect in pytest 9.2, which froze ids."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
