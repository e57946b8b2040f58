"""The search for what must not be emitted finds it, in whatever way it is emitted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from connectors.simulator.world import words
from tests.leak import check, find_leaks

ROOT = Path(__file__).parents[1]
TOPIC = words.NG_TOPICS["ja"][0]
MAIL = "t.yamada@aoba00012.co.jp.example"


@pytest.mark.parametrize("text", ["pat-na1-simulator", "00D5g000000AbCd!AQ8AQK2mX", "sim-consumer-secret", TOPIC])
def test_secrets_and_topics_are_found_wherever_they_are_told(text: str) -> None:
    assert find_leaks(f"before {text} behind") and find_leaks("", f"before {text} behind")


def test_addresses_may_be_asked_for_and_never_be_logged() -> None:
    assert find_leaks(f"no row for {MAIL}") == [MAIL]
    assert find_leaks("", f"e-mail {MAIL}") == []
    with pytest.raises(AssertionError, match="leaked"):
        check(MAIL)


def test_a_test_that_makes_something_leak_fails(tmp_path: Path) -> None:
    ways = ("sys.stderr.write", "print", "lambda text: os.write(2, text.encode())")
    told = "".join(f"\ndef test_{number}():\n    ({way})({TOPIC!r})\n" for number, way in enumerate(ways))
    test = tmp_path / "test_it.py"
    test.write_text(f"import os, sys\n{told}", encoding="utf-8")
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(test)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert [n for n in range(len(ways)) if f"test_{n} leaked" not in done.stdout] == [], done.stdout
