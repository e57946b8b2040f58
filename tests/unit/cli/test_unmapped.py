from __future__ import annotations

import pytest

from sync.cli.catalogue import speak
from sync.cli.unmapped import SHOWN, unmapped_lines
from sync.flow.unmapped import Unmapped
from tests.handoffs import settings

BUDGET = ("salesforce", "Lead", "Budget_Status__c", "budget_status")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ja", ("担当者には不足と伝えません", "予算化の有無 「社内調整中」 3件", "items.budget_status.options")),
        ("en", ("reps are not told", "Budget status 「社内調整中」, 3 handoffs", "items.budget_status.options")),
    ],
)
def test_a_line_says_what_where_how_often_and_how_to_map_it(language, words):
    found = [Unmapped(*BUDGET, "社内調整中", 3)]

    told = "\n".join(unmapped_lines(found, settings().mapping, speak(language), language))

    for word in (*words, "salesforce:Lead.Budget_Status__c", "secured, expected, none, unknown"):
        assert word in told


def test_free_text_is_not_shown_and_escapes_do_nothing():
    hidden = Unmapped(*BUDGET, None, 1)
    escape = Unmapped("salesforce", "Lead", "FS_Decision__c", "fs_decision", "\x1b[2J", 1)

    told = "\n".join(unmapped_lines([hidden, escape], settings().mapping, speak("ja"), "ja"))

    assert "自由記述" in told and "\x1b" not in told and "FSの回答" in told and "inputs.fs_decision" in told


def test_a_long_list_is_cut_and_says_so():
    found = [Unmapped(*BUDGET, f"値{n}", 1) for n in range(SHOWN + 5)]

    told = unmapped_lines(found, settings().mapping, speak("ja"), "ja")

    assert len(told) == SHOWN + 2 and "ほか5種類" in told[-1]


def test_nothing_is_said_when_every_value_is_known():
    assert unmapped_lines([], settings().mapping, speak("ja"), "ja") == []


def test_plan_and_status_list_them(baton, folder):
    planned = baton("plan", "--stored", "--config", folder, "--json").json
    stands = baton("status", "--config", folder, "--json").json

    assert planned["unmapped"] == stands["unmapped"]
    assert all(set(one) == {"connection", "stream", "field", "item", "value", "count"} for one in stands["unmapped"])
