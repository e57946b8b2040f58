"""The table of complaints in README.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

_TESTS = Path(__file__).parent


def test_every_test_that_the_table_names_exists() -> None:
    table = (_TESTS / "README.md").read_text(encoding="utf-8").partition("## What users of such tools complain of")[2]
    named = set(re.findall(r"`(test_\w+)`", table))
    known = {
        name
        for file in _TESTS.rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text(encoding="utf-8"))
    }
    assert len(named) > 40
    assert sorted(named - known) == []
