"""Plain numbers, as scores: whatever is none is refused, never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("85", 85),
        (85, 85),
        (85.0, 85),
        ("85.0", 85),
        ("85.5", 85.5),
        (Decimal("85.5"), 85.5),
        ("８５", 85),
        (" 85 ", 85),
        ("1,000", 1000),
        ("１，０００．５", 1000.5),
        ("12,345,678", 12345678),
        ("0", 0),
        ("-3", -3),
        ("−3", -3),
        ("+3", 3),
        ("007", 7),
    ],
)
def test_what_is_a_number(ask, raw, value) -> None:
    answer = ask("number", raw)
    assert (answer.state, answer.value, type(answer.value)) == ("present", value, type(value))


@pytest.mark.parametrize(
    "raw",
    [
        "高い",
        "85点",
        "1,00",
        "1.000,5",
        "1e3",
        "0x10",
        "８５〜９０",
        "85%",
        "12 34",
        "1,2,3",
        "5-",
        ".5",
        "9" * 31,
        True,
    ],
)
def test_what_is_none(ask, raw) -> None:
    assert (ask("number", raw).state, ask("number", raw).reason) == ("invalid", "not a number")


@pytest.mark.parametrize(
    ("raw", "state"),
    [(None, "missing"), ("", "missing"), ("未定", "placeholder"), ("-", "placeholder"), (float("nan"), "placeholder")],
)
def test_what_is_no_answer(ask, raw, state) -> None:
    assert ask("number", raw).state == state
