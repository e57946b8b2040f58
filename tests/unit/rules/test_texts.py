"""The catalogue as a whole: every text reads as a line of a record, in both languages."""

from __future__ import annotations

import re

import pytest

from sync.core.rules.note import LONGEST_NOTE
from sync.core.rules.quote import LONGEST_QUOTE
from tests.unit.rules.texts import rendered

BETWEEN = {"ask", "conflict_separator", "list_separator", "systems_separator", "brief.separator", "brief.and"}
"""Parts of a line, which end or begin with a blank in English."""
LINES = 9
"""Room for as many as a starter pass can lack, and a headline."""


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_text_is_one_line_and_short_enough_to_be_read(language: str) -> None:
    for message, text in rendered(language):
        assert "\n" not in text and "  " not in text.removeprefix(" "), message
        assert text == text.strip() or message in BETWEEN, message
        assert len(text) + LONGEST_QUOTE <= LONGEST_NOTE / LINES, message


def test_japanese_uses_its_own_brackets_and_colons() -> None:
    for message, text in rendered("ja"):
        plain = re.sub(r"\d+:\d\d", "", text)
        assert not re.search(r"""[()"':;,]""", plain), message


def test_english_says_nothing_in_japanese_of_its_own() -> None:
    for message, text in rendered("en"):
        own = re.sub("確認中|情報不足|確保済み|[0-9]+万円", "", text)
        assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff「」（）：、。]", own), message


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_text_speaks_of_how_long_ago(language: str) -> None:
    for message, text in rendered(language):
        assert not re.search(r"日前|時間前|経過|現在|days? ago|hours? ago|so far|\bnow\b(?! \")", text), message
