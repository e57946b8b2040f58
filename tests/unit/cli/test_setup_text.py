"""Every refusal and piece that setup can tell of has words in both languages, and every refusal says what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.cli.setup_text import TEXTS
from sync.outfit import PieceState
from sync.wording import speak

ROOT = Path(__file__).parents[3]
SOURCES = ("connectors/salesforce", "connectors/hubspot", "sync/flow")


def codes() -> set[str]:
    """As the code gives them: `Refusal("…"`, `reason="…"` of what is blocked, and the tables of vendors' words."""
    text = "".join(path.read_text(encoding="utf-8") for room in SOURCES for path in (ROOT / room).glob("*.py"))
    found = set(re.findall(r'Refusal\(\s*"(\w+)"', text)) | set(re.findall(r'BLOCKED, label, [^"]*"(\w+)"\)', text))
    found |= set(re.findall(r'^    \("(\w+)", \("', text, re.MULTILINE))
    return found | set(re.findall(r'code = "(\w+)" if [^\n]* else "(\w+)"', text)[0])


def kinds() -> set[str]:
    text = "".join(path.read_text(encoding="utf-8") for room in SOURCES for path in (ROOT / room).glob("*.py"))
    return set(re.findall(r'Piece\("(\w+)"', text))


def test_every_refusal_has_its_words() -> None:
    assert {"no_right", "other_type", "bin", "limit", "used", "other_tenant", "production", "writing"} <= codes()
    assert {code for code in codes() if f"refused.{code}" not in TEXTS} == set()


@pytest.mark.parametrize("language", [0, 1])
def test_every_refusal_but_the_vendors_own_words_says_what_to_do(language: int) -> None:
    silent = {key for key, texts in TEXTS.items() if key.startswith("refused.") and "→" not in texts[language]}
    assert silent == {"refused.failed"}


def test_every_kind_and_state_has_its_words() -> None:
    assert {f"kind.{kind}" for kind in kinds()} - set(TEXTS) == set()
    assert {f"state.{state}" for state in PieceState} - set(TEXTS) == set()


def test_both_languages_take_the_same_parts() -> None:
    parts = {key: [set(re.findall(r"{(\w+)}", text)) for text in texts] for key, texts in TEXTS.items()}
    assert {key: pair for key, pair in parts.items() if pair[0] != pair[1]} == {}


def test_japanese_helps_and_does_not_accuse() -> None:
    assert not [text for text, _ in TEXTS.values() if re.search("違反|不備|エラー", text)]
    assert speak(TEXTS, "ja")("stopped") == "中止しました。何も変更していません。"
