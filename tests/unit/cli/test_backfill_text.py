"""What a backfill tells is told in both languages."""

from __future__ import annotations

from itertools import combinations
from string import Formatter

from connectors.hubspot.whole import read_automation
from connectors.salesforce.whole import AUTOMATION
from sync.cli.backfill_text import TEXTS


def test_every_text_exists_in_both_languages_with_the_same_parts() -> None:
    for key, pair in TEXTS.items():
        japanese, english = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in pair)
        assert all(pair) and japanese == english, key


def test_whatever_keeps_automation_from_being_told_has_its_words() -> None:
    kinds = [some for n in range(1, len(AUTOMATION) + 1) for some in combinations(AUTOMATION, n)]
    for unread in (*kinds, read_automation().unread, ["untold"], ["unasked"]):
        assert f"why.{'_'.join(unread)}" in TEXTS
