"""What reaches a terminal, and in which shape machines get it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from sync.cli.catalogue import TEXTS, speak
from sync.cli.phrase import phrase, target_phrase
from sync.cli.show import plain, printable, show_failure, write_json
from sync.core.model.flags import Status
from sync.core.model.items import ItemValue, Provenance, ValueState
from sync.core.model.records import RecordRef
from sync.errors import ConfigError, NoConnection, Problem, RunProblem, Shortfall, UnsafePlan
from sync.store.outbox import ChangeKind


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("title\x1b]0;owned\x07", "title\\x1b]0;owned\\x07"),
        ("back\x08space\rover", "back\\x08space\\x0dover"),
        ("\x9b31m", "\\x9b31m"),
        ("safe\u202eexe.txt", "safe\\u202eexe.txt"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("\ud800", "\\ud800"),
        ("一行目\n二行目", "一行目 ⏎ 二行目"),
        ("株式会社 山田\t様 😀", "株式会社 山田 様 😀"),
        (RecordRef("salesforce", "Lead", "00Q"), "salesforce:Lead:00Q"),
    ],
)
def test_text_of_a_crm_cannot_move_a_terminal(text, shown):
    assert printable(text) == shown


def test_text_of_a_crm_cannot_move_a_terminal_in_json_either(capsys):
    text = "山田\x1b[31m\x9b31m\x7f\u202eb\u2066"
    write_json({"name": text})
    told = capsys.readouterr().out
    assert told.rstrip("\n").isprintable() and orjson.loads(told) == {"name": text}


def test_our_nouns_become_plain_json():
    ref = RecordRef("hubspot", "contacts", "1")
    value = ItemValue("pain", ValueState.PRESENT, source=Provenance(ref, "pain"))

    assert plain(value)["source"] == {"record": "hubspot:contacts:1", "field": "pain", "at": None, "by": None}
    assert plain({ref: Status.READY}) == {"hubspot:contacts:1": "ready"}
    assert plain(datetime(2026, 10, 6, 6, tzinfo=UTC)) == "2026-10-06T06:00:00Z"
    assert plain(frozenset({"b", "a"})) == ["a", "b"]
    assert plain(timedelta(minutes=5)) == 300


def test_configuration_problems_are_a_list_without_a_traceback(capsys):
    error = ConfigError([Problem("config/baton.yaml:12", "mode: 'x' is wrong", "write observe"), Problem("a", "b\x1b")])

    assert show_failure(error, as_json=False) == 2
    told = capsys.readouterr().err
    assert "cannot go on (2)" in told and "config/baton.yaml:12" in told and "→ write observe" in told
    assert "Traceback" not in told and "\x1b" not in told


def test_failures_have_a_json_form_and_a_code(capsys):
    assert show_failure(ConfigError(Problem("a:1", "b", "c")), as_json=True) == 2
    assert show_failure(UnsafePlan("too much"), as_json=True) == 1

    assert capsys.readouterr().out.splitlines() == [
        '{"error":"configuration","problems":[{"path":"a:1","message":"b","hint":"c"}]}',
        '{"error":"UnsafePlan","message":"too much"}',
    ]


def test_failures_are_told_in_the_language_of_the_folder(capsys):
    unset = Problem(
        "config/baton.yaml:3", "the environment variable A is not set", "write A=… into .env, or export A=…"
    )
    show_failure(ConfigError([unset, Problem("RECORD", "is odd", "write a or b")]), as_json=False, language="ja")
    problems = [RunProblem(Shortfall.UNUSABLE, "crm", "no answer", error="TransientError")]
    assert show_failure(NoConnection(problems), as_json=False, language="ja") == 1
    assert show_failure(NoConnection(problems), as_json=True, language="ja") == 1
    told = capsys.readouterr()
    for text in ("続けられません（2件）", "環境変数 A が設定されていません", "→ .env に「A=…」", "→ write a or b"):
        assert text in told.err, text
    assert "crm：この接続を使えません（一時的な失敗）：no answer" in told.err
    assert orjson.loads(told.out)["problems"][0]["code"] == "unusable", "machines are told in their own words"


def test_every_text_exists_in_both_languages_with_the_same_parts():
    for key, (japanese, english) in TEXTS.items():
        assert japanese and english, key
        assert _parts(japanese) == _parts(english), key


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_kind_of_held_change_has_a_name(kind):
    assert speak("ja")(f"held_kind.{kind}") not in ("", f"held_kind.{kind}")


def test_an_unknown_word_shows_itself():
    assert speak("ja")("sla.brand_new") == "brand_new"


@pytest.mark.parametrize(
    ("reason", "japanese"),
    [
        ("rank general_manager", "職位：部長"),
        ("the pass (lead_converted)", "パス（リードの取引開始）"),
        ("salesforce:Lead:00Q1 was converted on 2026-10-01", "salesforce:Lead:00Q1 の取引を 2026-10-01 に開始"),
        ("a done task of type 訪問", "完了した活動（種別：訪問）"),
        ("something new", "something new"),
    ],
)
def test_reasons_of_the_core_are_told_in_japanese(reason, japanese):
    assert phrase(reason, "ja") == japanese
    assert phrase(reason, "en") == reason


def test_targets_are_told_in_japanese():
    assert target_phrase("demo: 2 business_days", "ja") == "2営業日以内（リードソース：demo）"
    assert target_phrase("same_business_day", "ja") == "当日中（営業日）"
    assert target_phrase("no known channel: none", "ja") == "なし（リードソース：不明）"
    assert target_phrase("demo: 2 business_days", "en") == "demo: 2 business_days"


def _parts(text: str) -> set[str]:
    from string import Formatter

    return {name for _, name, _, _ in Formatter().parse(text) if name}
