"""The table of what users of such tools complain about stays whole, and every test that it names is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TABLE = (TESTS / "field.md").read_text(encoding="utf-8")
COMPLAINTS = 52
NAMED = re.compile(r"`([^`]+\.py)::(\w+)`")


def rows(table: str) -> Iterator[list[str]]:
    """Cells of every row with a test in it."""
    for line in table.splitlines():
        if line.startswith("| ") and "::" in line:
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def missing(table: str) -> list[str]:
    """Tests that are named in the table and exist nowhere."""
    lost: list[str] = []
    for path, name in sorted(set(NAMED.findall(table))):
        file = TESTS / path
        tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
        if name not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            lost.append(f"{path}::{name}")
    return lost


def test_every_complaint_has_a_test_and_says_what_was_broken_to_see_it_fail() -> None:
    assert [int(cells[0]) for cells in rows(TABLE) if cells[0]] == list(range(1, COMPLAINTS + 1))
    assert all(bool(number) is bool(complaint) for number, complaint, _, _ in rows(TABLE))
    assert all(NAMED.fullmatch(test) and broken for _, _, test, broken in rows(TABLE))


def test_every_test_that_is_named_is_there() -> None:
    assert missing(TABLE) == []


@pytest.mark.parametrize("named", ["`test_field.py::test_nowhere`", "`test_elsewhere.py::test_every`"])
def test_a_name_that_is_gone_is_seen(named: str) -> None:
    assert missing(f"| 1 | x | {named} | y |") == [named.strip("`")]
