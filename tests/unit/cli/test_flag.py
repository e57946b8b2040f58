"""Flags as an operator reads them before they are written."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from sync.cli.catalogue import speak
from sync.cli.flag import FlagTeller
from tests.handoffs import settings

TOKYO = ZoneInfo("Asia/Tokyo")


def teller(language: str) -> FlagTeller:
    return FlagTeller(speak(language), language, settings().mapping, TOKYO)


def test_a_note_is_told_line_by_line_with_what_goes_and_what_comes():
    old, new = {"note": "あと2項目\n・予算：未入力\n入力先：商談"}, {"note": "あと1項目\n入力先：商談"}

    assert teller("ja").changes(old, new, "  ") == [
        "  引き継ぎメモ（自動）:",
        "    - あと2項目",
        "    - ・予算：未入力",
        "    + あと1項目",
        "      入力先：商談",
    ]


def test_no_line_of_a_note_moves_the_terminal():
    told = teller("ja").changes({}, {"note": "一\x1b[31m\n二"}, "")

    assert told == ["引き継ぎメモ（自動）:", "  + 一\\x1b[31m", "  + 二"]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("ja", ["引き継ぎメモ（自動）: いま → （空）", "不足項目: （空） → 決裁者、NG事項"]),
        (
            "en",
            ["Missing items: (empty) → Decision maker, Topics to avoid", "Handoff note (automatic): いま → (empty)"],
        ),
    ],
)
def test_several_items_are_joined_as_the_language_does(language, told):
    new = {"missing_items": "decision_maker;ng_topics", "note": None}

    assert sorted(teller(language).changes({"note": "いま"}, new, "")) == sorted(told)
