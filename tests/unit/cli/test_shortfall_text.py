"""Whatever a run leaves undone is said in both languages, safe for a terminal."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from sync.cli.shortfall_text import TEXTS, say_problem
from sync.errors import RunProblem, Shortfall

PARKED = RunProblem(Shortfall.PARKED, "salesforce", "RULE: 業種を入力", 7, ("salesforce:Lead:1", "salesforce:Lead:2"))
LATE = RunProblem(Shortfall.UNREAD, "hubspot", "no answer", names=("calls", "emails"), error="TransientError")
HIDDEN = RunProblem(Shortfall.UNWRITABLE, "salesforce:Lead", "NOT_WRITABLE", names=("note",))


def test_every_kind_has_its_words_in_both_languages_with_the_same_parts() -> None:
    assert {*TEXTS} == {*Shortfall}
    for japanese, english in TEXTS.values():
        assert {name for _, name, _, _ in Formatter().parse(japanese)} == {
            name for _, name, _, _ in Formatter().parse(english)
        }
        assert not re.search("違反|不備|エラー", japanese)


@pytest.mark.parametrize(
    ("problem", "japanese", "english"),
    [
        (
            PARKED,
            "salesforce：7件の書き込みを停止（要確認）：RULE: 業種を入力（例：salesforce:Lead:1、salesforce:Lead:2、…）",
            "salesforce: 7 parked: RULE: 業種を入力 (salesforce:Lead:1, salesforce:Lead:2, …)",
        ),
        (
            LATE,
            "hubspot：calls、emails を読み取れませんでした（一時的な失敗）：no answer",
            "hubspot: calls, emails not read (it may pass): no answer",
        ),
        (
            HIDDEN,
            "salesforce:Lead：書き込めない項目：引き継ぎメモ（自動）（項目がない、見えない、または読み取り専用）",
            "salesforce:Lead: cannot be written: Handoff note (automatic) (missing, hidden or read-only)",
        ),
        (
            RunProblem(Shortfall.MISSING, "hubspot:contacts", "130", 120),
            "hubspot:contacts：保存済みの130件のうち120件がCRMの一覧にありません。閲覧権限が外れた可能性があります。"
            "実際に削除したのであれば baton ops once --reconcile --approve",
            "hubspot:contacts: 120 of 130 stored records are not in the CRM's list; rights may have been taken away. "
            "If they were really deleted: baton ops once --reconcile --approve",
        ),
        (RunProblem(Shortfall.TOLD, detail="hubspot: {0}\x1b[1m"), "hubspot: {0}\\x1b[1m", "hubspot: {0}\\x1b[1m"),
    ],
)
def test_a_problem_is_said_with_its_place_its_parts_and_its_reason(
    problem: RunProblem, japanese: str, english: str
) -> None:
    assert say_problem(problem, "ja") == japanese
    assert say_problem(problem, "en") == english
