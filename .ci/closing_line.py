"""A pytest plugin: the last line of a run is `N passed, N failed, N skipped` and nothing else."""

from typing import Any, Dict, List

import pytest


def count(stats: Dict[str, List[Any]], *outcomes: str) -> int:
    return sum(len(stats.get(outcome, [])) for outcome in outcomes)


def closing_line(stats: Dict[str, List[Any]]) -> str:
    """What the terminal reporter has counted; an error while collecting or setting up is a failure."""
    return (
        f"{count(stats, 'passed', 'xpassed')} passed, "
        f"{count(stats, 'failed', 'error')} failed, "
        f"{count(stats, 'skipped', 'xfailed')} skipped"
    )


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        print(closing_line(reporter.stats))
