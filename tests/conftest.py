"""What holds for every test.

Property tests look for new examples on every run by hand and repeat the same ones in CI (`CI=true`), so that a change is
never refused for a fault that it did not bring. A find by hand becomes an `@example` beside the property.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator

import pytest
import structlog
from hypothesis import settings

from tests import leak

# No deadline: how long an example takes is the machine's business.
settings.register_profile("by hand", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "by hand")


gc.set_threshold(50_000, 20, 20)  # as the command line does (`sync.cli.calm_collector`)


def pytest_collection_finish() -> None:
    """Thousands of collected tests live to the end: the collector need not walk them while each of them runs."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a long test begin first, so that no worker is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Whatever a test made Baton emit is searched for what was planted (`tests/leak.py`)."""
    report = yield
    told = {name: text for title, text in report.sections for name in ("stdout", "stderr") if name in title}
    if leaked := leak.find_leaks(told.get("stderr", ""), told.get("stdout", "")):
        report.outcome, report.longrepr = "failed", f"{report.nodeid} leaked {leaked[:3]}"
    return report


@pytest.fixture(autouse=True)
def _nobodys_log() -> Iterator[None]:
    """A command that a test runs in its own process sets logging up on a stream that is closed when the test is over."""
    yield
    structlog.reset_defaults()
