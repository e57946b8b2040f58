"""What holds for every test.

Property tests look for new examples on every run by hand and repeat the same ones in CI (`CI=true`), so that a change is
never refused for a fault that it did not bring. A find by hand becomes an `@example` beside the property.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def _nobodys_log() -> Iterator[None]:
    """A command that a test runs in its own process sets logging up on a stream that is closed when the test is over."""
    yield
    structlog.reset_defaults()
