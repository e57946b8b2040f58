"""What single values are to an audit, and that the short way to it finds what the whole one does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sync.app import read_settings
from sync.core.mapping.appraise import EMPTY, FILLED, INVALID, PLACEHOLDER, VAGUE, Appraiser
from sync.core.mapping.normalise import normalise
from sync.core.mapping.normalise.text import find_initials, is_vague, says_something
from sync.core.model.items import NormaliseContext, ValueState

SETTINGS = read_settings(Path(__file__).parents[3] / "examples" / "saas-jp")
TABLES = SETTINGS.tables
TEXTS = [item for item, spec in SETTINGS.mapping.items.items() if (spec.as_ or "text") == "text"]


@pytest.fixture(scope="module")
def appraiser() -> Appraiser:
    return Appraiser(SETTINGS.mapping.items, SETTINGS.mapping.input_values, TABLES, "Asia/Tokyo", "JP")


@pytest.mark.parametrize(
    ("item", "raw", "state"),
    [
        ("pain", "在庫が月末に合わない", FILLED), ("pain", "業務効率化したい", VAGUE), ("pain", "確認中", PLACEHOLDER),
        ("pain", "ｱ・ｱ・ｱ", PLACEHOLDER), ("pain", "", EMPTY), ("pain", None, EMPTY), ("pain", "　", EMPTY),
        ("ng_topics", "特になし（確認済み）", FILLED), ("email", "abc", INVALID), ("email", "test@test.com", PLACEHOLDER),
        ("contact_name", ("佐藤", "健太"), FILLED), ("contact_name", (None, None), EMPTY), ("contact_name", ("担当者", None), PLACEHOLDER),
        ("budget_status", "なんとなく", FILLED),
    ],
)  # fmt: skip
def test_a_value_is_in_one_state(appraiser: Appraiser, item: str, raw: object, state: str) -> None:
    assert appraiser.read(item, raw).state == state
    assert appraiser.read(item, raw).state == state  # and once it is known


def test_no_text_that_says_nothing_looks_as_if_it_did() -> None:
    """Words of the tables, alone and in rows, in all the wrappings in which they count."""
    dice = random.Random(5)
    caught = 0
    for item in TEXTS:
        initials = find_initials(item, TABLES)
        sets = [
            some.get(name, frozenset())
            for some in (TABLES.placeholders, TABLES.vague)
            for name in ("common", item, "text")
        ]
        words = sorted({*TABLES.declared_none.get(item, frozenset()), *(word for one in sets for word in one)})
        for _ in range(300):
            front = dice.choice(("", "まだ", "現在、", "・", "「", "　", "(", "☆", "\u200b", "- "))
            joint, back = (
                dice.choice(("、", "。", "/", "", "（", "・")),
                dice.choice(("", "です", "とのこと", "したい", "。", "（確認済み）", "ー")),
            )
            row = joint.join(dice.choice(words) for _ in range(dice.randrange(1, 4)))
            same = dice.choice(("", "・", " ")).join(
                dice.choice("あaｱ-x受ー１") * 2 for _ in range(1)
            ) * dice.randrange(1, 4)
            for text in (f"{front}{row}{back}", same):
                told = normalise("text", text, NormaliseContext(item=item), TABLES)
                silent = told.state is not ValueState.PRESENT or is_vague(text, item, TABLES)
                caught += silent
                assert not (silent and says_something(text, initials)), (item, text)
    assert caught > 1_000
