"""Findings as they are told: every id has its texts in both languages, the page of them is fresh, exits are as promised."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.cli.check import Examined, show, texts_of
from sync.cli.check_page import make_page
from sync.cli.check_text import FINDINGS, TEXTS
from sync.flow.check import KINDS, Finding, Group, Severity

ROOT = Path(__file__).parents[3]
FORBIDDEN = ("違反", "不備", "エラー")
PARTS = re.compile(r"{(\w+)}")
NOWHERE = "https://127.0.0.1:9"


def test_every_finding_has_its_texts_and_every_text_its_finding() -> None:
    assert set(FINDINGS) == set(KINDS)
    assert {f"group.{group}" for group in Group} | {severity.value for severity in Severity} <= set(TEXTS)


@pytest.mark.parametrize("name", sorted(FINDINGS))
def test_both_languages_say_the_same_and_what_is_wrong_says_what_to_do(name: str) -> None:
    told = FINDINGS[name]
    assert set(PARTS.findall(told.seen_ja)) == set(PARTS.findall(told.seen_en))
    assert set(PARTS.findall(told.do_ja)) <= set(PARTS.findall(told.seen_ja + told.do_en)) | {"where", "user", "object"}
    assert bool(told.do_ja) == bool(told.do_en)
    assert told.do_en or KINDS[name].severity is Severity.INFO
    assert not [word for word in FORBIDDEN if word in told.seen_ja + told.do_ja]


def test_the_page_of_all_findings_is_that_of_the_texts() -> None:
    assert (ROOT / "docs/findings.md").read_text(encoding="utf-8") == make_page(), "stale: run `make schemas`"


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ((), 0),
        (("native_sync", "budget"), 0),
        (("native_sync", "role_empty"), 1),
        (("role_empty", "config"), 2),
        (("secret_missing",), 2),
    ],
)
def test_warnings_stop_nobody_and_files_that_cannot_be_used_go_first(ids: tuple[str, ...], code: int) -> None:
    assert Examined([Finding(one, "x") for one in ids], {}, "ja").code == code


def test_parts_are_told_in_words_and_nothing_of_a_record_reaches_the_terminal_raw(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hidden = Finding("choice_unknown", "a", {"field": "F\x1b[2J", "item": "pain", "values": ("x", "y"), "count": 2})
    assert texts_of(hidden, "ja")[0].endswith("x、y")
    assert texts_of(Finding("probe_identical", "a", {"moves": True}), "ja")[0].count("はい") == 1
    show(Examined([hidden], {"salesforce": 3}, "en"), "en")
    told = capsys.readouterr().out
    assert "\x1b[2J" not in told
    assert "x, y" in told
    assert "API calls: salesforce 3" in told


def test_a_folder_that_is_not_there_is_told(baton, tmp_path: Path) -> None:
    assert baton("check", "--config", str(tmp_path / "nowhere")).code == 2


def test_a_connection_that_nobody_answers_on_is_an_error_and_not_the_end(baton, tmp_path: Path) -> None:
    options = ("--salesforce-url", NOWHERE, "--hubspot", "none", "--language", "en")
    assert baton("init", str(tmp_path), "--yes", *options).code == 0
    (tmp_path / ".env").write_text("BATON_SF_CLIENT_ID=a\nBATON_SF_CLIENT_SECRET=b-long-secret\n")
    (tmp_path / ".env").chmod(0o644)
    ended = baton("check", "--config", str(tmp_path), "--json")
    ids = {one["id"] for one in ended.json["findings"]}
    assert ended.code == 1
    assert {"unreachable", "secret_open"} <= ids
    assert "clock_blind" not in ids  # what could not be asked is no clock's fault
    assert "b-long-secret" not in ended.out


def test_every_file_that_others_can_read_a_secret_in_is_told(baton, tmp_path: Path) -> None:
    options = ("--salesforce-url", NOWHERE, "--hubspot", "none", "--language", "en")
    assert baton("init", str(tmp_path), "--yes", *options).code == 0
    settings, key = tmp_path / "config" / "baton.yaml", tmp_path / "key"
    settings.write_text(settings.read_text().replace("env:BATON_SF_CLIENT_SECRET", "file:key"))
    key.write_text("b-long-secret")
    key.chmod(0o640)
    (tmp_path / ".env").write_text("BATON_SF_CLIENT_ID=a\n")
    found = [
        one
        for one in baton("check", "--config", str(tmp_path), "--json").json["findings"]
        if one["id"] == "secret_open"
    ]
    assert [(one["where"], one["parts"]["mode"]) for one in found] == [(str(key), "0640")]


def test_a_probe_wants_records_and_records_want_a_probe(baton, folder: str) -> None:
    assert "--record" in baton("check", "--config", folder, "--probe").err
    assert "--probe" in baton("check", "--config", folder, "--record", "00Q000000000001").err


def test_a_probe_that_writes_is_asked_about_or_told_to_go_on(baton, folder: str) -> None:
    said = baton("check", "--config", folder, "--probe", "--record", "salesforce:Lead:00Q000000000001AAA")
    assert said.code == 1
    assert "書き込んでいません" in said.out
    machine = baton("check", "--config", folder, "--probe", "--record", "00Q000000000001", "--json")
    assert machine.code == 2
    assert "--yes" in machine.json["problems"][0]["hint"]


@pytest.mark.parametrize(
    "record", ["salesforce:Lead:00Q000000000001AAA", "123456789", "nothing", "salesforce:Lead:x", "a:b:c", "https://[x"]
)
def test_records_to_probe_that_nobody_has_are_told(baton, folder: str, record: str) -> None:
    ended = baton("check", "--config", folder, "--probe", "--yes", "--record", record)
    assert ended.code == 2
    assert "--record" in ended.err
