"""Every refusal and piece that setup can tell of has words in both languages, and every refusal says what to do."""

from __future__ import annotations

import re

import pytest

from sync.cli.setup_text import TEXTS
from sync.errors import Obstacle
from sync.outfit import PieceKind, PieceState
from sync.wording import speak


def test_every_refusal_has_its_words() -> None:
    assert {one for one in Obstacle if f"refused.{one}" not in TEXTS} == {Obstacle.NO_USER}
    assert "no_user" in TEXTS, "it holds nothing up, and is told beside what was done"


@pytest.mark.parametrize("language", [0, 1])
def test_every_refusal_but_the_vendors_own_words_says_what_to_do(language: int) -> None:
    silent = {key for key, texts in TEXTS.items() if key.startswith("refused.") and "→" not in texts[language]}
    assert silent == {"refused.failed"}


def test_every_kind_and_state_has_its_words() -> None:
    assert {f"kind.{kind}" for kind in PieceKind} - set(TEXTS) == set()
    assert {f"state.{state}" for state in PieceState} - set(TEXTS) == set()


def test_both_languages_take_the_same_parts() -> None:
    parts = {key: [set(re.findall(r"{(\w+)}", text)) for text in texts] for key, texts in TEXTS.items()}
    assert {key: pair for key, pair in parts.items() if pair[0] != pair[1]} == {}


def test_japanese_helps_and_does_not_accuse() -> None:
    assert not [text for text, _ in TEXTS.values() if re.search("違反|不備|エラー", text)]
    assert speak(TEXTS, "ja")("stopped") == "中止しました。何も変更していません。"
